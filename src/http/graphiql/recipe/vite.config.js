import { defineConfig } from 'vite';

// graphiql/style.css already holds all of Monaco's styles and its icon font,
// so the copies that Monaco's own modules import are left out.
const withoutSecondMonacoCss = {
  name: 'without-second-monaco-css',
  enforce: 'pre',
  load(id) {
    return /\/monaco-editor\/esm\/.*\.css$/.test(id) ? '' : null;
  },
};

// Everything except index.html is served under /graphiql/, by names that stay
// the same from build to build.
export default defineConfig({
  base: '/graphiql/',
  plugins: [withoutSecondMonacoCss],
  esbuild: { jsx: 'automatic', legalComments: 'none' },
  worker: {
    format: 'es',
    rollupOptions: {
      output: { entryFileNames: '[name].js', inlineDynamicImports: true },
    },
  },
  build: {
    target: 'es2022',
    modulePreload: false,
    cssCodeSplit: false,
    chunkSizeWarningLimit: 8000,
    rollupOptions: {
      output: {
        entryFileNames: 'app.js',
        assetFileNames: (asset) => (asset.names[0]?.endsWith('.css') ? 'app.css' : '[name][extname]'),
        inlineDynamicImports: true,
      },
      onwarn(warning, warn) {
        // "use client" and the like mean nothing in a browser bundle.
        if (warning.code !== 'MODULE_LEVEL_DIRECTIVE') warn(warning);
      },
    },
  },
});
