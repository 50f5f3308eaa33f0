import { dirname } from 'node:path';
import { fileURLToPath } from 'node:url';
import { main } from './main.ts';

// Ends at once: a kept connection or a name look-up under way would hold the process, and with it integratord.
main(process.argv.slice(2), dirname(fileURLToPath(import.meta.url))).then((status) => process.exit(status));
