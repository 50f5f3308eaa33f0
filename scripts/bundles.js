import { isBuiltin } from 'node:module';

/**
 * The CLI, split by command so that each loads only what it needs, its packages in it: from their own files the parts of
 * a refresh load in 0.46 s, from the bundle in 0.23 s. What is native stays a package. The pretend OpenCTI of
 * `opencti-wazuh demo` is an entry of its own, which only that command loads.
 */
export const cli = {
  entryPoints: { 'opencti-wazuh': 'src/cli.ts', demo: 'test/platform/demo.ts' },
  bundle: true,
  splitting: true,
  format: 'esm',
  platform: 'node',
  target: 'node20.19',
  external: ['koffi'],
  // Packages in CommonJS ask for parts of Node by it.
  banner: {
    js: "import { createRequire as toRequire } from 'node:module'; const require = toRequire(import.meta.url);",
  },
  outdir: 'dist',
  logLevel: 'warning',
};

/**
 * What integratord starts for each match: one file without packages, since each of them costs start-up time. The
 * first line must run on whatever Node a machine has, and the rest must at least parse there (hence es2018), so that
 * an old one says what is wrong. Blanks and comments are left out, which each run would read; names stay, for its errors.
 */
export const integration = {
  entryPoints: { 'custom-opencti': 'src/integration/start.ts' },
  bundle: true,
  format: 'cjs',
  platform: 'node',
  target: 'es2018',
  // `import()` of a part of Node would load the whole loader of modules (Node 20), and a part as costly as the global
  // `fetch` with node:http (Node 22 and later); `require` loads neither.
  supported: { 'dynamic-import': false },
  minifyWhitespace: true,
  minifySyntax: true,
  mainFields: ['module', 'main'],
  define: { 'import.meta.url': 'bundleUrl' },
  banner: {
    js: [
      `(function (v) { if (v[0] > 20 || (v[0] == 20 && v[1] >= 19)) return; process.stderr.write('custom-opencti: ' + process.execPath + ' is Node ' + process.versions.node + ', and 20.19 or later is needed: install a newer one, and run "opencti-wazuh install" with it\\n'); process.exit(1); })(process.versions.node.split('.').map(Number));`,
      `var bundleUrl = require('url').pathToFileURL(__filename).href;`,
    ].join('\n'),
  },
  plugins: [packagesAsText(), fieldsAsData()],
  outdir: 'dist',
  outExtension: { '.js': '.cjs' },
  logLevel: 'warning',
};

/** Files of packages that a bundle holds as text, where esbuild does not list them. */
export const bundledAsText = new Set();

/**
 * Packages stand in the bundle as text that is compiled when it is first used. They are for rare runs (public
 * suffixes, proxies), and parsing them would cost every run 4 ms.
 */
function packagesAsText() {
  return {
    name: 'packages-as-text',
    setup({ onResolve, onLoad, esbuild }) {
      onResolve({ filter: /^[a-z]/ }, ({ path, importer }) => {
        if (isBuiltin(path) || importer.includes('node_modules')) return undefined;
        return { path, namespace: 'text' };
      });
      onLoad({ filter: /.*/, namespace: 'text' }, async ({ path }) => {
        const { outputFiles, metafile } = await esbuild.build({
          stdin: { contents: `module.exports = require('${path}');`, resolveDir: '.' },
          bundle: true,
          minify: true,
          format: 'cjs',
          platform: 'node',
          target: integration.target,
          mainFields: integration.mainFields,
          metafile: true,
          write: false,
        });
        for (const input of Object.keys(metafile.inputs)) bundledAsText.add(input);
        const text = JSON.stringify(outputFiles[0].text);
        return { contents: `new Function('module', 'require', ${text})(module, require);`, resolveDir: '.' };
      });
    },
  };
}

/**
 * A match needs of the field table where an alert has a value and how it is spelled. What rules ask and say is left out,
 * and the rest is JSON: the whole table cost each match 3 ms of CPU.
 */
function fieldsAsData() {
  return {
    name: 'fields-as-data',
    setup(build) {
      const families =
        /[\\/]wazuh[\\/]fields[\\/](?:cloud|dns|logs|sensors|suricata|sysmon|vendors|windows)\.ts$/;
      build.onLoad({ filter: families }, async ({ path }) => {
        const { outputFiles } = await build.esbuild.build({
          entryPoints: [path],
          bundle: true,
          write: false,
          format: 'cjs',
          platform: 'node',
          logLevel: 'warning',
        });
        const family = { exports: {} };
        new Function('module', outputFiles[0].text)(family);
        const lines = Object.entries(family.exports).map(
          ([name, value]) => `export const ${name} = ${toData(value)};`,
        );
        return { contents: lines.join('\n'), loader: 'js' };
      });
    },
  };
}

function toData(value) {
  const isTable = Array.isArray(value) && value.every((row) => 'alertPaths' in row);
  const text = JSON.stringify(isTable ? value.map(withoutRules) : value);
  return `/* @__PURE__ */ JSON.parse(${JSON.stringify(text)})`;
}

function withoutRules({ key, list, ruleField, alertPaths, subject, spelling, kinds }) {
  return { key, list, ruleField, alertPaths, subject, spelling, kinds, events: [], roots: [] };
}
