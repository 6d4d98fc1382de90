// The tabs that a new visitor finds. Operations whose name begins with Portal are for a portal sign-in.
import createOrder from './examples/create-order.graphql';
import createSupplier from './examples/create-supplier.graphql';
import latestOrders from './examples/latest-orders.graphql';
import liveConnection from './examples/live-connection.graphql';
import orderDay from './examples/order-day.graphql';
import portalOrders from './examples/portal-orders.graphql';
import products from './examples/products.graphql';
import viewer from './examples/viewer.graphql';

const order = { customerId: 'an id of customers', lines: [{ skuId: 'an id of skus', quantity: 12 }] };

export const tabs = [
  { query: latestOrders },
  { query: viewer },
  { query: products },
  { query: createSupplier },
  { query: createOrder, variables: JSON.stringify({ input: order }, null, 2) },
  { query: orderDay, variables: JSON.stringify({ order: 'an id of orders' }, null, 2) },
  { query: liveConnection },
  { query: portalOrders },
];
