// The tabs that a new visitor finds. Operations whose name begins with Portal are for a portal sign-in.
import latestOrders from './examples/latest-orders.graphql';
import liveConnection from './examples/live-connection.graphql';
import portalOrders from './examples/portal-orders.graphql';
import products from './examples/products.graphql';
import viewer from './examples/viewer.graphql';

export const tabs = [latestOrders, viewer, products, liveConnection, portalOrders].map((query) => ({ query }));
