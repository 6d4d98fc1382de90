import './workers.js';
import { explorerPlugin } from '@graphiql/plugin-explorer';
import { HISTORY_PLUGIN } from '@graphiql/plugin-history';
import { createGraphiQLFetcher } from '@graphiql/toolkit';
import { GraphiQL } from 'graphiql';
import { createRoot } from 'react-dom/client';
import 'graphiql/style.css';
import '@graphiql/plugin-explorer/style.css';
import './style.css';
import { tabs } from './examples.js';
import { ExplainButton, explaining } from './explain.jsx';
import { settings } from './settings.js';
import { signInPlugin } from './sign-in.jsx';
import { storage } from './storage.js';

const fetcher = explaining(
  createGraphiQLFetcher({
    url: settings.url,
    subscriptionUrl: settings.socketUrl, // graphql-ws, loaded with the first subscription
    enableIncrementalDelivery: false,
  }),
);
const plugins = [HISTORY_PLUGIN, explorerPlugin(), signInPlugin];
const headers = JSON.stringify({ 'x-tenant-slug': settings.tenant }, null, 2);

createRoot(document.getElementById('explorer')).render(
  <GraphiQL
    fetcher={fetcher}
    plugins={plugins}
    visiblePlugin={signInPlugin}
    storage={storage}
    defaultTabs={tabs}
    defaultHeaders={headers}
    defaultEditorToolsVisibility="headers"
    shouldPersistHeaders={false}
  >
    <GraphiQL.Logo>leora-gql</GraphiQL.Logo>
    <GraphiQL.Toolbar>
      {({ prettify, merge, copy }) => (
        <>
          {prettify}
          {merge}
          {copy}
          <ExplainButton />
        </>
      )}
    </GraphiQL.Toolbar>
  </GraphiQL>,
);
