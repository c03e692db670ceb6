import type { OnLoadResult, Plugin } from 'esbuild';

/**
 * Replaces what the bundles never reach. Each stand-in throws when it is reached after all, so that a wrong entry
 * here shows as an error that says so, not as wrong behaviour.
 */

interface StandIn {
  /** The module as it is imported. */
  module: RegExp;
  /** Only for importers whose path matches. */
  importer?: RegExp;
  contents: string;
}

const unavailable = (name: string, what: string): string =>
  `export class ${name} { constructor() { throw new Error(${JSON.stringify(`${name} of ${what} is left out of this bundle`)}); } }`;

const standIns: StandIn[] = [
  // Node's own streams are what this package is a copy of; winston asks for it by two names.
  { module: /^readable-stream$/, contents: `module.exports = require('node:stream');` },
  {
    module: /^readable-stream\/lib\/_stream_writable(\.js)?$/,
    contents: `module.exports = require('node:stream').Writable;`,
  },
  // Debug output of winston's own, for its developers.
  { module: /^@dabh\/diagnostics$/, contents: `module.exports = () => () => false;` },

  // @dot-i/k8s-operator is used without its network code (operators/registration-operator/ocm-operator.ts).
  {
    module: /^(async|gaxios|@kubernetes\/client-node)$/,
    importer: /@dot-i\/k8s-operator/,
    contents: `module.exports = {};`,
  },

  // Of client-node, only KubeConfig and its ways of authentication, no clients
  // (operators/runtime/client/credentials/exec-plugin.ts).
  {
    module: /^\.\/gen\/index\.js$/,
    importer: /client-node\/dist\/config\.js$/,
    contents: `export const createConfiguration = () => { throw new Error('the API clients of client-node are left out of this bundle'); };\n${unavailable('ServerConfiguration', 'client-node')}`,
  },
  {
    module: /^\.\/middleware\.js$/,
    importer: /client-node\/dist\/config\.js$/,
    contents: `export const setHeaderMiddleware = () => { throw new Error('the API clients of client-node are left out of this bundle'); };`,
  },
  {
    module: /^undici$/,
    importer: /client-node/,
    contents: `${unavailable('Agent', 'undici')}\n${unavailable('ProxyAgent', 'undici')}`,
  },
  {
    module: /^socks-proxy-agent$/,
    importer: /client-node/,
    contents: unavailable('SocksProxyAgent', 'socks-proxy-agent'),
  },
  {
    module: /^hpagent$/,
    importer: /client-node/,
    contents: `${unavailable('HttpProxyAgent', 'hpagent')}\n${unavailable('HttpsProxyAgent', 'hpagent')}`,
  },

  // Commander starts subcommands that are files of their own; ours are none.
  {
    module: /^node:child_process$/,
    importer: /commander/,
    contents: `export default { spawn: () => { throw new Error('subcommands in files of their own are left out of this bundle'); } };`,
  },
];

export const leaveOut: Plugin = {
  name: 'leave-out',
  setup: (build) => {
    for (const [index, { module, importer }] of standIns.entries()) {
      build.onResolve({ filter: module }, ({ path, importer: by }) =>
        importer === undefined || importer.test(by)
          ? { path: `${index}:${path}`, namespace: 'left-out' }
          : undefined,
      );
    }
    build.onLoad({ filter: /.*/, namespace: 'left-out' }, ({ path }): OnLoadResult => {
      const standIn = standIns[Number(path.split(':', 1)[0])]!;
      return { contents: standIn.contents, loader: 'js' };
    });
    // The package's entry re-exports everything it has.
    build.onResolve({ filter: /^@kubernetes\/client-node$/ }, ({ importer, resolveDir, kind }) =>
      /runtime\/client\/credentials\/exec-plugin\.ts$/.test(importer)
        ? build.resolve('@kubernetes/client-node/dist/config.js', { resolveDir, kind })
        : undefined,
    );
  },
};
