// What the server says about itself, in the page: the default tenant, and in development the demo accounts.
const { tenant, demoAccounts } = JSON.parse(document.getElementById('explorer').dataset.settings);
const here = new URL(location.pathname, location.origin);

export const settings = {
  tenant,
  demoAccounts,
  url: here.href,
  socketUrl: here.href.replace(/^http/, 'ws'),
};
