/**
 * Builds the pages into `web/dist` at `npm install`, and whenever asked. Where the development packages were left out
 * (`npm ci --omit=dev`) there is no Vite: the install goes on, and the server says what is missing when a page is asked for.
 */
import { fileURLToPath } from 'node:url';

const vite = await import('vite').catch((thrown) => {
  if (thrown?.code !== 'ERR_MODULE_NOT_FOUND') throw thrown;
  return null;
});
if (vite !== null) {
  await vite.build({ root: fileURLToPath(new URL('.', import.meta.url)), logLevel: 'warn' });
}
