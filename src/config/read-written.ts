export { asManager } from './load.ts';
