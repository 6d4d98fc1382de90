"""The customers of the demo distributor, and the words that more customers and people are made of."""

from __future__ import annotations

from typing import Final

CUSTOMERS: Final = (
    "Harborview Grill", "Old Mill Tavern", "The Copper Kettle", "Bistro Lafayette", "Casa Marisol",
    "Union Square Wine Shop", "Maple & Main", "Trattoria Fiorella", "The Blue Heron",
    "Riverside Bottle Shop", "Saltwater Oyster Bar", "Hudson Street Cellars", "The Gilded Fox",
    "Pier Nine Steakhouse", "Lantern Room", "Greenpoint Provisions", "Osteria del Ponte",
    "The Brass Lamp", "Sunset Terrace Hotel", "Cobblestone Inn", "Juniper & Rye", "Mariner's Rest",
    "Elm Street Market", "La Petite Étoile", "The Stockyard", "Vine & Barrel", "Ninth Avenue Spirits",
    "Parkside Café", "The Night Heron", "Brookline Wine Merchants", "Tavern on the Green Hill",
    "Amber Room", "Kingfisher Lounge", "Corner Cork", "Hotel Bellweather", "Smoke & Oak",
    "The Reading Room Bar", "Seventh Ward Liquors", "Orchard House", "Montague Wine & Cheese",
)  # fmt: skip
"""The forty customers of scale 1; the first two have the demo buyers."""

OWNERS: Final = (
    "Adler", "Baker", "Bellamy", "Brennan", "Calloway", "Carver", "Castellano", "Chandler", "Clay",
    "Conti", "Cooper", "Dalton", "Duval", "Ellis", "Fairbanks", "Fontaine", "Garland", "Grady", "Hale",
    "Harlow", "Hayes", "Hollis", "Jensen", "Keller", "Kerrigan", "Lambert", "Larkin", "Lopez",
    "Marchetti", "Mercer", "Monroe", "Moretti", "Nolan", "O'Dell", "Okafor", "Parrish", "Pell", "Quinn",
    "Ramsey", "Reyes", "Rhodes", "Rossi", "Sawyer", "Shaw", "Sinclair", "Sorrel", "Tanaka", "Thayer",
    "Underhill", "Vance", "Vega", "Walsh", "Webb", "Whitlock", "Winslow", "Wren", "Yates", "York",
    "Zeller", "Zhou",
)  # fmt: skip
WAYS: Final = (
    "& Daughters", "& Sons", "Brothers", "Corner", "Court", "Crossing", "East", "Family", "Garden",
    "Hall", "Harbor", "Heights", "House", "Landing", "North", "on Broad", "on Fifth", "on Main",
    "Place", "Row", "South", "Square", "Street", "Terrace", "West", "Yard",
)  # fmt: skip
TRADES: Final = (
    "Bar", "Bistro", "Bottle Shop", "Brasserie", "Café", "Cellars", "Chophouse", "Diner", "Grill",
    "Hotel", "Inn", "Kitchen", "Liquors", "Lounge", "Market", "Oyster Bar", "Package Store", "Pizzeria",
    "Provisions", "Pub", "Restaurant", "Spirits", "Steakhouse", "Tap Room", "Tavern", "Trattoria",
    "Wine Bar", "Wine Shop",
)  # fmt: skip
"""More customers are an owner, a way and a trade: 43,680 names, then numbered."""

FIRST_NAMES: Final = (
    "Alice", "Amir", "Ana", "Andre", "Beatriz", "Ben", "Carla", "Caroline", "Chen", "Daniel", "David",
    "Diego", "Elena", "Eli", "Emma", "Farah", "Felix", "Gabriel", "Grace", "Hannah", "Hugo", "Ines",
    "Isaac", "Jacob", "Jamal", "Jonas", "Julia", "Kai", "Karen", "Kofi", "Laura", "Leo", "Lina",
    "Lucas", "Maya", "Miguel", "Mina", "Nadia", "Noah", "Nora", "Olivia", "Omar", "Paula", "Peter",
    "Priya", "Rafael", "Rosa", "Sam", "Sara", "Sofia", "Theo", "Tomas", "Vera", "Victor", "Wendy",
    "Yara", "Yusuf", "Zoe",
)  # fmt: skip
STREETS: Final = (
    "Water Street", "Mill Road", "Main Street", "Broad Street", "Elm Street", "Harbor Drive",
    "Union Street", "Park Avenue", "Bridge Street", "Hudson Street", "Court Street", "Orchard Lane",
    "River Road", "Dock Street",
)  # fmt: skip
TERRITORIES: Final = (
    ("Manhattan", "New York", "NY", "100"),
    ("Brooklyn", "Brooklyn", "NY", "112"),
    ("Hudson Valley", "Poughkeepsie", "NY", "126"),
    ("Jersey Shore", "Asbury Park", "NJ", "077"),
    ("Fairfield County", "Stamford", "CT", "069"),
)
"""Territory, city, state and the first digits of its postal codes."""
