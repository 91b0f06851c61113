// npm run bench:encryption: the same server with and without encryption of its files, in turn; prints a table and writes bench/encryption.json.
import { randomBytes } from 'node:crypto';
import { compareFiles } from './files.ts';

const encryptedBy = (key: string): Record<string, string> => ({ HANAMI_STORAGE_ENCRYPTION_KEY: key });

await compareFiles({ plain: encryptedBy(''), encrypted: encryptedBy(randomBytes(32).toString('hex')) }, 'encryption.json');
