// What the server says about itself, in the page: the default tenant, and in development the demo accounts
// and that answers are explained.
const { tenant, demoAccounts, explains } = JSON.parse(document.getElementById('explorer').dataset.settings);
const here = new URL(location.pathname, location.origin);

export const settings = {
  tenant,
  demoAccounts,
  explains,
  url: here.href,
  socketUrl: here.href.replace(/^http/, 'ws'),
};
