import { rm } from 'node:fs/promises';
import { build } from 'esbuild';
import { cli, integration } from './bundles.js';

// Parts of an earlier build have other names; a package must not carry them.
if (process.argv.includes('--clean')) await rm('dist', { recursive: true, force: true });
await Promise.all([build(cli), build(integration)]);
