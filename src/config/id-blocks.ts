export { blockKeys, stockIds } from './load.ts';
