import { fileURLToPath } from 'node:url';
import tailwindcss from '@tailwindcss/vite';
import react from '@vitejs/plugin-react';
import { defineConfig } from 'electron-vite';

const path = (relative: string): string => fileURLToPath(new URL(relative, import.meta.url));

/**
 * Three builds: everything that runs on Node (desktop main process, server, command line and the
 * worker threads), the sandboxed preload script, and the window.
 */
export default defineConfig({
  main: {
    build: {
      outDir: 'out/main',
      target: 'node24',
      sourcemap: true,
      rollupOptions: {
        input: {
          main: path('electron/main.ts'),
          server: path('electron/server.ts'),
          cli: path('electron/cli/main.ts'),
          worker: path('workers/entry.ts'),
          'live-thread': path('workers/live-thread.ts'),
          'store-thread': path('electron/storage/thread.ts'),
          watchdog: path('electron/watchdog/entry.ts'),
        },
        output: {
          format: 'es',
          entryFileNames: '[name].js',
          chunkFileNames: 'chunks/[name]-[hash].js',
        },
      },
    },
  },
  preload: {
    build: {
      outDir: 'out/preload',
      target: 'node24',
      externalizeDeps: false,
      rollupOptions: {
        input: { preload: path('electron/preload.ts') },
        // A sandboxed preload script has to be CommonJS.
        output: { format: 'cjs', entryFileNames: '[name].cjs' },
      },
    },
  },
  renderer: {
    root: path('renderer'),
    plugins: [react(), tailwindcss()],
    build: {
      outDir: path('out/renderer'),
      emptyOutDir: true,
      target: 'chrome140',
      // The strict Content-Security-Policy has no room for inlined scripts or data: fonts.
      assetsInlineLimit: 0,
      chunkSizeWarningLimit: 3_000,
      rollupOptions: { input: { index: path('renderer/index.html') } },
    },
  },
});
