"""The wines and spirits of the demo distributor, and the words that more of them are made of."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

SUPPLIERS: Final = (
    ("Maison Aubrac Imports", "Claire Delmas", "Beaune", "France"),
    ("Colline d'Oro Selections", "Matteo Ferri", "Alba", "Italy"),
    ("Sierra Larga Wines", "Ines Robledo", "Logroño", "Spain"),
    ("Redfield Valley Vintners", "Tom Ashworth", "St. Helena", "United States"),
    ("Cascade Ridge Cellars", "Nora Lindqvist", "McMinnville", "United States"),
    ("Southern Cross Wine Co.", "Hamish Turner", "Blenheim", "New Zealand"),
    ("Río Alto Bodegas", "Lucía Benavides", "Mendoza", "Argentina"),
    ("Rheinstein & Söhne", "Katrin Vogel", "Bernkastel", "Germany"),
    ("Highland Still House", "Ewan Macrae", "Dufftown", "Scotland"),
    ("Bluegrass Barrel Works", "Earl Whitaker", "Bardstown", "United States"),
    ("Casa Azulejo Agave", "Rosa Villalobos", "Tequila", "Mexico"),
    ("North Harbor Distilling", "Abby Sorensen", "Portland", "United States"),
)
"""Name, contact, city and country."""


@dataclass(frozen=True, slots=True)
class Bottle:
    """A product as the distributor's book lists it; `price` is dollars for a 750 ml bottle."""

    supplier: int
    name: str
    brand: str
    category: str
    varietal: str
    vintage: int | None
    region: str
    color: str
    style: str
    percent: str
    price: int
    sizes: tuple[int, ...] = (750,)


def _wine(
    supplier: int,
    brand: str,
    varietal: str,
    region: str,
    look: str,
    vintage: int | None,
    price: int,
    *sizes: int,
) -> Bottle:
    color, style, percent = look.split("/")
    name = f"{brand} {varietal}" if vintage is None else f"{brand} {varietal} {vintage}"
    return Bottle(
        supplier, name, brand, "Wine", varietal, vintage, region, color, style, percent, price, (750, *sizes)
    )


def _spirit(supplier: int, brand: str, kind: str, region: str, look: str, price: int, *sizes: int) -> Bottle:
    color, style, percent = look.split("/")
    return Bottle(
        supplier,
        f"{brand} {kind}",
        brand,
        "Spirits",
        kind,
        None,
        region,
        color,
        style,
        percent,
        price,
        (750, *sizes),
    )


BOTTLES: Final = (
    _wine(0, "Domaine Aubrac", "Bourgogne Pinot Noir", "Burgundy", "Red/Still/13.0", 2022, 24, 375),
    _wine(0, "Domaine Aubrac", "Chablis Premier Cru", "Burgundy", "White/Still/12.5", 2021, 34),
    _wine(
        0,
        "Château Pressac-Vieux",
        "Saint-Émilion Grand Cru",
        "Bordeaux",
        "Red/Still/14.0",
        2019,
        42,
        375,
        1500,
    ),
    _wine(0, "Château Pressac-Vieux", "Bordeaux Blanc", "Bordeaux", "White/Still/12.5", 2023, 15),
    _wine(0, "Veuve Lambert", "Brut Réserve", "Champagne", "White/Sparkling/12.0", None, 46, 375, 1500),
    _wine(0, "Veuve Lambert", "Brut Rosé", "Champagne", "Rosé/Sparkling/12.0", None, 54),
    _wine(0, "Mas des Cigales", "Côtes de Provence Rosé", "Provence", "Rosé/Still/12.5", 2023, 16, 1500),
    _wine(0, "Clos Tramontane", "Côtes du Rhône Villages", "Rhône", "Red/Still/14.0", 2021, 14),
    _wine(1, "Cascina Brandini", "Barolo", "Piedmont", "Red/Still/14.5", 2018, 48, 1500),
    _wine(1, "Cascina Brandini", "Barbera d'Alba", "Piedmont", "Red/Still/14.0", 2021, 18),
    _wine(1, "Poggio Sereno", "Chianti Classico", "Tuscany", "Red/Still/13.5", 2020, 19, 375),
    _wine(1, "Poggio Sereno", "Brunello di Montalcino", "Tuscany", "Red/Still/14.5", 2017, 62),
    _wine(1, "Tenuta Laguna", "Prosecco Extra Dry", "Veneto", "White/Sparkling/11.0", None, 13, 375, 1500),
    _wine(1, "Tenuta Laguna", "Pinot Grigio delle Venezie", "Veneto", "White/Still/12.0", 2023, 11),
    _wine(1, "Masseria Torretta", "Primitivo di Manduria", "Puglia", "Red/Still/14.5", 2021, 14),
    _wine(1, "Sorelle Greco", "Etna Rosso", "Sicily", "Red/Still/13.5", 2020, 26),
    _wine(2, "Bodegas Peñalara", "Rioja Crianza", "Rioja", "Red/Still/13.5", 2019, 15, 375),
    _wine(2, "Bodegas Peñalara", "Rioja Gran Reserva", "Rioja", "Red/Still/14.0", 2014, 39),
    _wine(2, "Finca Tres Olmos", "Ribera del Duero", "Castilla y León", "Red/Still/14.5", 2020, 23),
    _wine(2, "Pazo do Mar", "Albariño", "Rías Baixas", "White/Still/12.5", 2023, 17),
    _wine(2, "Cava Montserrat", "Brut Nature", "Penedès", "White/Sparkling/11.5", None, 12, 1500),
    _wine(2, "Almacenista Duarte", "Fino en Rama", "Jerez", "White/Fortified/15.0", None, 21, 375),
    _wine(
        3, "Redfield", "Napa Valley Cabernet Sauvignon", "Napa Valley", "Red/Still/14.5", 2020, 44, 375, 1500
    ),
    _wine(3, "Redfield", "Carneros Chardonnay", "Carneros", "White/Still/14.0", 2022, 25, 375),
    _wine(3, "Old Orchard", "Dry Creek Zinfandel", "Sonoma County", "Red/Still/15.0", 2020, 22),
    _wine(3, "Old Orchard", "Russian River Pinot Noir", "Sonoma County", "Red/Still/14.0", 2021, 33),
    _wine(3, "Paso Lindo", "Central Coast Red Blend", "Paso Robles", "Red/Still/14.5", 2021, 13, 1500),
    _wine(3, "Paso Lindo", "Sauvignon Blanc", "Central Coast", "White/Still/13.0", 2023, 12),
    _wine(4, "Cascade Ridge", "Willamette Valley Pinot Noir", "Oregon", "Red/Still/13.5", 2021, 28, 375),
    _wine(4, "Cascade Ridge", "Pinot Gris", "Oregon", "White/Still/13.0", 2023, 16),
    _wine(4, "Snowline", "Columbia Valley Merlot", "Washington", "Red/Still/14.0", 2020, 17),
    _wine(4, "Snowline", "Columbia Valley Riesling", "Washington", "White/Off-dry/11.5", 2022, 12),
    _wine(5, "Wairau Bend", "Sauvignon Blanc", "Marlborough", "White/Still/13.0", 2023, 14, 375),
    _wine(5, "Wairau Bend", "Pinot Noir", "Central Otago", "Red/Still/13.5", 2021, 29),
    _wine(5, "Coral Coast", "Barossa Shiraz", "Barossa Valley", "Red/Still/15.0", 2020, 21),
    _wine(6, "Bodega Río Alto", "Malbec Reserva", "Mendoza", "Red/Still/14.0", 2021, 15, 1500),
    _wine(6, "Bodega Río Alto", "Torrontés", "Salta", "White/Still/13.0", 2023, 11),
    _wine(6, "Viña Cordillera", "Carménère", "Colchagua", "Red/Still/14.0", 2021, 13),
    _wine(7, "Rheinstein", "Riesling Kabinett", "Mosel", "White/Off-dry/8.5", 2022, 20),
    _wine(7, "Rheinstein", "Riesling Trocken", "Rheingau", "White/Still/12.0", 2022, 22, 375),
    _wine(7, "Weingut Hallmann", "Grüner Veltliner", "Kamptal", "White/Still/12.5", 2022, 16),
    _wine(7, "Weingut Hallmann", "Eiswein", "Burgenland", "White/Dessert/9.5", 2018, 52, 375),
    _spirit(8, "Glen Ardoch", "Single Malt Scotch 12 Year", "Speyside", "Amber/Whisky/43.0", 52, 375),
    _spirit(8, "Glen Ardoch", "Single Malt Scotch 18 Year", "Speyside", "Amber/Whisky/43.0", 118),
    _spirit(8, "Isle of Scarra", "Peated Single Malt", "Islay", "Gold/Whisky/46.0", 64),
    _spirit(8, "Macrae's", "Blended Scotch", "Highlands", "Amber/Whisky/40.0", 26, 1500),
    _spirit(9, "Whitaker Creek", "Straight Bourbon", "Kentucky", "Amber/Bourbon/45.0", 32, 375, 1500),
    _spirit(9, "Whitaker Creek", "Small Batch Bourbon", "Kentucky", "Amber/Bourbon/47.0", 48),
    _spirit(9, "Lantern Hill", "Straight Rye", "Kentucky", "Amber/Rye/45.0", 36),
    _spirit(9, "Lantern Hill", "Wheated Bourbon", "Kentucky", "Amber/Bourbon/46.0", 42),
    _spirit(10, "Casa Azulejo", "Tequila Blanco", "Jalisco", "Clear/Tequila/40.0", 34, 375, 1500),
    _spirit(10, "Casa Azulejo", "Tequila Reposado", "Jalisco", "Gold/Tequila/40.0", 40),
    _spirit(10, "Casa Azulejo", "Tequila Añejo", "Jalisco", "Amber/Tequila/40.0", 58),
    _spirit(10, "Sombra del Maguey", "Mezcal Espadín", "Oaxaca", "Clear/Mezcal/45.0", 44),
    _spirit(11, "North Harbor", "Coastal Dry Gin", "Maine", "Clear/Gin/43.0", 29, 375, 1500),
    _spirit(11, "North Harbor", "Barrel-Aged Gin", "Maine", "Gold/Gin/44.0", 37),
    _spirit(11, "North Harbor", "Potato Vodka", "Maine", "Clear/Vodka/40.0", 22, 1500),
    _spirit(11, "Windlass", "Aged Rum 8 Year", "Barbados", "Amber/Rum/42.0", 33),
    _spirit(11, "Windlass", "Navy Strength Rum", "Barbados", "Dark/Rum/57.0", 38),
    _spirit(11, "Orchard Lane", "Apple Brandy", "Hudson Valley", "Amber/Brandy/40.0", 35, 375),
)
"""The sixty products of scale 1; they come from their suppliers' countries, some regions apart."""

ELSEWHERE: Final = {
    "Barbados": "Barbados",
    "Barossa Valley": "Australia",
    "Burgenland": "Austria",
    "Colchagua": "Chile",
    "Kamptal": "Austria",
}
"""The countries of regions that are not in their supplier's."""

ESTATES: Final = (
    "Abbey", "Alder", "Arrow", "Aster", "Bellflower", "Birch", "Black Oak", "Bramble", "Bright Water",
    "Candle", "Cedar", "Chestnut", "Clover", "Copper", "Crescent", "Dove", "Ember", "Falcon", "Fern",
    "Fox", "Garnet", "Golden Field", "Granite", "Hawthorn", "Heron", "Hollow", "Ivory", "Juniper",
    "Kestrel", "Lark", "Laurel", "Linden", "Lone Pine", "Magnolia", "Maple", "Marigold", "Meadow",
    "Moon", "Nettle", "Oriole", "Osprey", "Partridge", "Pebble", "Plover", "Quail", "Quarry", "Raven",
    "Rosemary", "Rowan", "Sable", "Saffron", "Sage", "Sparrow", "Star", "Stone", "Swallow", "Thistle",
    "Thorn", "Willow", "Wren",
)  # fmt: skip
PLACES: Final = (
    "Acre", "Bay", "Bend", "Bluff", "Bridge", "Brook", "Canyon", "Cliff", "Corner", "Cove", "Creek",
    "Crest", "Cross", "Dale", "Farm", "Field", "Forest", "Gate", "Glen", "Grove", "Harbor", "Haven",
    "Heights", "Hill", "Knoll", "Lake", "Landing", "Lane", "Ledge", "Manor", "Mesa", "Mill", "Orchard",
    "Park", "Pass", "Point", "Pond", "Ranch", "Ridge", "River", "Rock", "Run", "Shore", "Slope",
    "Spring", "Summit", "Terrace", "Trail", "Vale", "Valley", "View", "Vineyard", "Wood",
)  # fmt: skip
"""More brands are an estate and a place: 3,180 of them, each with the sixty kinds of `BOTTLES`."""
