// node explorer.mjs URL   the explorer as a newcomer meets it: the sign-in box, then every example tab as it stands.
//   STAFF, PORTAL  e-mail addresses     PASSWORD  of both     PNG  where the picture goes
// Fails on: an example that has errors or no rows, a wrong password without a message, a token left in the browser's storage.
import { open } from './chromium.mjs';
import { Checks, expect, usage } from './lib.mjs';

const url = process.argv[2] || usage('explorer.mjs URL');
const { STAFF, PORTAL, PASSWORD, PNG = 'run/explorer.png' } = process.env;
const checks = new Checks('explorer');
const complaints = [];
const { page, close } = await open();

const signIn = async (audience, email, password, outcome) => {
  await page.selectOption('select[name=audience]', audience);
  await page.fill('input[name=email]', email);
  await page.fill('input[name=password]', password);
  await page.click('.leora-sign-in button[type=submit]');
  await page.locator('.leora-sign-in button[type=submit]:enabled').waitFor({ timeout: 10_000 });
  const said = page.locator('.leora-sign-in [role=status]:not(:empty)');
  await said.waitFor({ timeout: 10_000 });
  const text = await said.innerText();
  expect(await said.evaluate((p, name) => p.classList.contains(name), outcome) && (outcome === 'leora-failed' || text.includes(email)), text);
  return text;
};
const runTab = async (title) => {
  await page.locator('.graphiql-tab', { hasText: title }).click();
  const answered = page.waitForResponse((r) => r.request().postDataJSON?.()?.operationName === title, { timeout: 10_000 });
  await page.waitForTimeout(500); // the editor reads the operations of a tab a moment after it is shown
  await page.click('.graphiql-execute-button');
  return (await answered).json();
};
const check = async (title) => {
  const { data, errors } = await runTab(title);
  const rows = JSON.stringify(data ?? {}).match(/"(number|code|tenant|slug)":/g)?.length ?? 0;
  checks.note(!errors && rows > 0, `${title} answers`, errors ? JSON.stringify(errors).slice(0, 300) : `${rows} rows`);
};

const runLive = async (title) => {
  const opened = page.waitForEvent('websocket', { timeout: 10_000 });
  await page.locator('.graphiql-tab', { hasText: title }).click();
  await page.waitForTimeout(500); // as above
  await page.click('.graphiql-execute-button');
  const socket = await opened;
  await page.locator('.result-window', { hasText: /"heartbeat":\s*2/ }).waitFor({ timeout: 10_000 });
  const closed = socket.waitForEvent('close', { timeout: 10_000 });
  await page.click('.graphiql-execute-button'); // stops it
  await closed;
  return socket.url();
};

try {
  page.on('console', (m) => { if (m.type() === 'error') complaints.push(m.text()); });
  page.on('pageerror', (e) => complaints.push(e.message));
  await page.goto(url);
  await page.locator('.graphiql-query-editor .monaco-editor').first().waitFor({ timeout: 15_000 });
  await checks.run('a wrong password is told', () => signIn('STAFF', STAFF, `${PASSWORD}?`, 'leora-failed'));
  await checks.run('staff sign in', () => signIn('STAFF', STAFF, PASSWORD, 'leora-done'));
  for (const title of ['LatestOrders', 'WhoAmI', 'Wines', 'CreateSupplier']) await check(title);
  await checks.run('LiveConnection counts over a socket, until it is stopped', () => runLive('LiveConnection'));
  await page.click('.leora-explain');
  const explained = await runTab('LatestOrders');
  await page.click('.leora-explain');
  const plain = await runTab('LatestOrders');
  checks.note(explained.extensions.explain?.plan.length > 0, 'the switch in the toolbar has answers explained');
  checks.note(!plain.extensions.explain, 'until it is switched off');
  await page.locator('.graphiql-tab', { hasText: 'PortalOrders' }).click();
  await checks.run('a buyer signs in', () => signIn('PORTAL', PORTAL, PASSWORD, 'leora-done'));
  await check('PortalOrders');
  await page.waitForTimeout(700); // what the editors store is stored after half a second
  const stored = await page.evaluate(() => JSON.stringify({ ...localStorage }) + JSON.stringify({ ...sessionStorage }));
  checks.note(stored.includes('PortalOrders'), 'tabs are kept in the browser');
  checks.note(!/bearer/i.test(stored) && !stored.includes(PASSWORD), 'neither token nor password is');
  checks.note(complaints.length === 0, 'no console or page errors', complaints.join(' | ').slice(0, 300));
  await page.screenshot({ path: PNG });
} finally {
  await close();
}
checks.end();
