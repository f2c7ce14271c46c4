import { ConclaveClient } from '@conclave/client';
import { createRoot, hydrateRoot } from 'react-dom/client';
import { App } from './react-app.js';

/** Takes over what a server has rendered, where one has. */
const url = new URLSearchParams(location.search).get('api')!;
const client = new ConclaveClient({ url });
const root = document.getElementById('root')!;
if (root.hasChildNodes()) hydrateRoot(root, <App client={client} />);
else createRoot(root).render(<App client={client} />);
Object.assign(window, { client });
