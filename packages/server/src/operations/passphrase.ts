import { existsSync } from 'node:fs';
import { passphraseText } from '@openhanami/contract';
import { type Config, ConfigError, isPostgres } from '../config.ts';
import { faultOf, hashPassphrase } from '../services/passphrases.ts';
import { openDatabase } from '../store/database.ts';

/**
 * Sets a user's passphrase without the present one, and revokes all tokens of the user. Requires write access to the data folder.
 * @throws ConfigError for an invalid passphrase, an unknown user or a missing database, Error while a server uses the database.
 */
export async function resetPassphrase({ general, auth }: Config, id: string, passphrase: string): Promise<void> {
  const result = passphraseText.safeParse(passphrase);
  if (!result.success) throw new ConfigError(`the passphrase ${result.error.issues[0]?.message}`);
  const fault = await faultOf(passphrase, auth);
  if (fault) throw new ConfigError(`the passphrase ${fault}`);
  if (!isPostgres(general.database) && !existsSync(general.database))
    throw new ConfigError(`there is no database ${general.database}; --data names the server's folder`);
  const db = await openDatabase(general.database);
  try {
    const passphrase_hash = await hashPassphrase(passphrase);
    await db.transaction().execute(async (inside) => {
      const { numUpdatedRows } = await inside
        .updateTable('account')
        .set({ passphrase_hash })
        .where('id', '=', id)
        .where('deleted_at', 'is', null)
        .executeTakeFirstOrThrow();
      if (numUpdatedRows === 0n) throw new ConfigError(`there is no user '${id}'`);
      await inside.insertInto('revocation').values({ user_id: id, project_id: '', created_at: Date.now() }).execute();
    });
  } finally {
    await db.destroy();
  }
}
