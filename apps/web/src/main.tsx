import './styles/base.css';
import './styles/controls.css';
import './styles/shell.css';
import './styles/room.css';
import './styles/message.css';
import './styles/panels.css';
import './styles/files.css';
import { ConclaveClient } from '@conclave/client';
import { StrictMode } from 'react';
import { createRoot } from 'react-dom/client';
import { App } from './app';
import { ConclaveProvider } from '@conclave/client/react';
import { wire } from './wire';

const client = new ConclaveClient({
  url: new URL('..', location.href).href, // the page is at /app/, or below a proxy's path
  fetch: wire.fetch,
});
wire.holds(client);

createRoot(document.getElementById('root')!).render(
  <StrictMode>
    <ConclaveProvider client={client}>
      <App />
    </ConclaveProvider>
  </StrictMode>,
);
