import { fileURLToPath } from 'node:url';
import { defineConfig } from 'vite';

const file = (name: string): string => fileURLToPath(new URL(name, import.meta.url));

// biome-ignore lint/style/noDefaultExport: the shape that Vite asks for
export default defineConfig({
  // Relative, so that the pages work behind a proxy that adds a prefix to every path.
  base: './',
  build: {
    target: 'es2022',
    // The policy of the server (src/server/pages.ts) takes no script or style out of a data: URL.
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    rollupOptions: {
      input: [file('index.html'), file('board.html'), file('board/flow.html')],
      // One folder, no further dots in a name: the server serves `/assets/<name>` and nothing below.
      output: {
        entryFileNames: 'assets/[name]-[hash].js',
        chunkFileNames: 'assets/[name]-[hash].js',
        assetFileNames: 'assets/[name]-[hash][extname]',
      },
    },
  },
  worker: { format: 'es' },
});
