// The tabs that a new visitor finds. Operations whose name begins with Portal are for a portal sign-in.
import createSupplier from './examples/create-supplier.graphql';
import dayRep from './examples/day-1-rep.graphql';
import dayManager from './examples/day-2-manager.graphql';
import dayBuyer from './examples/day-3-buyer.graphql';
import dayDelivery from './examples/day-4-delivery.graphql';
import dayBilling from './examples/day-5-billing.graphql';
import latestOrders from './examples/latest-orders.graphql';
import liveConnection from './examples/live-connection.graphql';
import portalOrders from './examples/portal-orders.graphql';
import products from './examples/products.graphql';
import viewer from './examples/viewer.graphql';

const bistro = {
  name: 'Corner Bistro',
  creditLimit: '500.00',
  licenseNumber: 'L-1',
  licenseExpiresOn: '2199-01-01',
  shippingAddress: { line1: '1 Corner', city: 'Albany' },
};
const customer = 'an id of customers';
const sku = 'an id of skus';
const order = 'an id of orders';
const today = new Date().toLocaleDateString('sv'); // YYYY-MM-DD, by the visitor's calendar

const tab = (query, variables) => ({ query, variables: variables && JSON.stringify(variables, null, 2) });

export const tabs = [
  tab(latestOrders),
  tab(viewer),
  tab(products),
  tab(createSupplier),
  tab(dayRep, { input: bistro }),
  tab(dayManager, { customer, sku, warehouse: 'a name of warehouses', email: 'gale@corner-bistro.test' }),
  tab(dayBuyer, { token: 'of the mail', password: 'a long one of your own', sku, order }),
  tab(dayDelivery, { order, line: 'an id of its lines' }),
  tab(dayBilling, { order, customer, invoice: 'an id of invoices', payment: 'an id of payments', today }),
  tab(liveConnection),
  tab(portalOrders),
];
