#!/usr/bin/env node
// The command `paperboy`: one process, from any folder. TypeScript is read as it stands, by tsx; what a verb needs
// is looked for in the folder that it is called from (.env, DATA_DIR).

import { register } from 'tsx/esm/api';

register();
await import('./main.ts');
