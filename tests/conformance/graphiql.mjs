// node graphiql.mjs URL   opens the GraphQL explorer in headless Chromium, types a query, runs it, reads the answer, saves a PNG.
//   QUERY   (default "{ __typename }")    EXPECT  text the answer must hold (default "__typename")
//   PNG     where the picture goes        AUTH, TENANT  typed into the Headers editor       TYPE_MS  delay between keys
//   CHROMIUM (/usr/bin/chromium)
//   SUB     a subscription to run after the query      EXPLORER=1  also opens the explorer plugin's pane
// Fails on: no editor, no answer, a console error, a page error, or any request that leaves 127.0.0.1.
import { open } from './chromium.mjs';
import { Checks, headersFrom, usage } from './lib.mjs';

const url = process.argv[2] || usage('graphiql.mjs URL');
const query = process.env.QUERY || '{ __typename }';
const wanted = process.env.EXPECT || '__typename';
const png = process.env.PNG || 'run/graphiql.png';
const checks = new Checks('graphiql');
const consoleErrors = [], outside = [], sockets = [];
let bytes = 0, requests = 0;
const local = (address) => ['127.0.0.1', 'localhost', ''].includes(new URL(address).hostname) || /^(data|blob):/.test(address);

const { browser, page, close } = await open();
try {
  // Nothing may leave this machine: anything else is written down and refused.
  await browser.route((address) => !local(address.href), (route) => { outside.push(route.request().url()); return route.abort('internetdisconnected'); });
  page.on('console', (m) => { if (m.type() === 'error') consoleErrors.push(m.text()); });
  page.on('pageerror', (e) => consoleErrors.push(`page error: ${e.message}`));
  page.on('response', async (r) => { requests++; bytes += (await r.body().catch(() => Buffer.alloc(0))).length; });
  page.on('websocket', (s) => { if (!outside.includes(s.url()) && !local(s.url())) outside.push(s.url()); sockets.push(s.url()); });

  const started = Date.now();
  await page.goto(url, { waitUntil: 'domcontentloaded', timeout: 20_000 });
  const editor = page.locator('.graphiql-query-editor .monaco-editor, .graphiql-query-editor .CodeMirror, .graphiql-editors .monaco-editor').first();
  const shown = await editor.waitFor({ state: 'visible', timeout: 15_000 }).then(() => true, () => false);
  checks.note(shown, 'editor is shown', shown ? `${Date.now() - started} ms, ${requests} requests, ${(bytes / 1024).toFixed(0)} KiB`
    : `page text: ${JSON.stringify((await page.innerText('body').catch(() => '')).slice(0, 120))}`);
  if (shown) {
    const type = async (where, text) => {
      await where.click();
      await page.keyboard.press('Control+A');
      await page.keyboard.press('Delete');
      await page.keyboard.insertText(text);       // insertText, not type(): the editor would close brackets by itself
    };
    const answer = async (needle, ms = 8000) => {
      const result = page.locator('.result-window, .graphiql-response').first();
      const end = Date.now() + ms;
      let text = '';
      while (Date.now() < end) {
        text = (await result.innerText().catch(() => '')).replace(/\u00a0/g, ' ');
        if (text.includes(needle)) return text;
        await page.waitForTimeout(100);
      }
      return text;
    };
    const headers = headersFrom();
    if (Object.keys(headers).length) {
      await page.locator('button:has-text("Headers"), [data-name="headers"]').first().click();
      const headerEditor = page.locator('.graphiql-editor-tool .monaco-editor:visible, .graphiql-editor-tool .CodeMirror:visible').first();
      await headerEditor.waitFor({ timeout: 5000 });
      await type(headerEditor, JSON.stringify(headers));
    }
    await type(editor, query);
    const run = page.locator('.graphiql-execute-button').first();
    await page.waitForTimeout(300);
    await run.click();
    const text = await answer(wanted);
    checks.note(text.includes(wanted), 'query is answered', text.replace(/\s+/g, ' ').slice(0, 100));
    const docs = await page.waitForFunction(() => !document.querySelector('.graphiql-spinner'), null, { timeout: 5000 }).then(() => true, () => false);
    checks.note(docs, 'schema was introspected (no spinner left)');
    if (process.env.EXPLORER) {
      await page.locator('button[aria-label*="xplorer"]:not([aria-label*="ocumentation"])').first().click();
      checks.note(await page.locator('.docExplorerWrap, .graphiql-explorer-root, .graphiql-plugin').first().waitFor({ timeout: 5000 }).then(() => true, () => false), 'explorer pane opens',
        (await page.locator('.docExplorerWrap, .graphiql-plugin').first().innerText().catch(() => '')).replace(/\s+/g, ' ').slice(0, 80));
    }
    if (process.env.SUB) {
      await type(editor, process.env.SUB);
      await page.waitForTimeout(300);
      await run.click();
      const [needle] = (process.env.SUB_EXPECT || '"data"').split('\n');
      const got = await answer(needle);
      checks.note(got.includes(needle), 'subscription gives results', `${got.replace(/\s+/g, ' ').slice(0, 80)} ${sockets.length} websocket(s)`);
    }
  }
  await page.screenshot({ path: png });
  checks.note(consoleErrors.length === 0, 'no console or page errors', consoleErrors.slice(0, 6).map((e) => e.slice(0, 160)).join(' | '));
  checks.note(outside.length === 0, 'nothing left 127.0.0.1', outside.slice(0, 12).join(' '));
  console.log(`picture: ${png}`);
} finally {
  await close();
}
checks.end();
