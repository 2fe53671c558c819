/** Preloaded into a process: at its end, its main thread writes the URLs of all modules that it loaded to the file MODULES_FILE. */
import { writeFileSync } from 'node:fs';
import { registerHooks } from 'node:module';
import { isMainThread } from 'node:worker_threads';

if (isMainThread) {
  const loaded = new Set();
  registerHooks({
    load(url, context, next) {
      loaded.add(url);
      return next(url, context);
    },
  });
  process.on('exit', () => writeFileSync(process.env.MODULES_FILE, [...loaded].join('\n')));
}
