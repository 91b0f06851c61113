import type { Migration } from 'kysely/migration';
import * as first from './001-first.ts';
import * as wholeContract from './002-whole-contract.ts';
import * as guard from './003-guard.ts';
import * as frontDoor from './004-front-door.ts';
import * as databaseDecides from './005-database-decides.ts';
import * as kinds from './006-kinds.ts';
import * as postgres from './007-postgres.ts';
import * as temporary from './007-temporary.ts';
import * as runningTasks from './008-running-tasks.ts';

const both: Readonly<Record<string, Migration>> = { '008-running-tasks': runningTasks };

/** Migrations of a database, in order of their names. */
export const MIGRATIONS: Readonly<Record<'sqlite' | 'postgres', Readonly<Record<string, Migration>>>> = {
  sqlite: {
    '001-first': first,
    '002-whole-contract': wholeContract,
    '003-guard': guard,
    '004-front-door': frontDoor,
    '005-database-decides': databaseDecides,
    '006-kinds': kinds,
    '007-temporary': temporary,
    ...both,
  },
  // PostgreSQL came later: it begins with what 001 to 007 make.
  postgres: { '007-temporary': postgres, ...both },
};
