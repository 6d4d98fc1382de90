// Monaco's three workers, as files beside this bundle: no blob, so that the page's policy can stay strict.
const files = { json: 'json.worker.js', graphql: 'graphql.worker.js' };

globalThis.MonacoEnvironment = {
  getWorker: (_, label) => new Worker(new URL(files[label] ?? 'editor.worker.js', import.meta.url)),
};
