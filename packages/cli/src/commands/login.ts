import { session, token, Unauthorized } from '@openhanami/sdk';
import { Command } from 'commander';
import { askPassphrase, askText, passphraseOf } from '../ask.ts';
import { withCommon } from '../command.ts';
import { tell } from '../interrupts.ts';
import { forgetLogin, keepLogin, loadLogin } from '../login.ts';
import { printLine } from '../print.ts';
import { onceStarted } from '../session.ts';

export const loginCommand = withCommon(new Command('login'))
  .description('log in and keep the token, as an alternative to the environment')
  .option('-a, --address <url>', 'address of the server', process.env['HANAMI_ADDRESS'])
  .option('-u, --user <id>', 'user id', process.env['HANAMI_USER'])
  .option('-p, --passphrase <passphrase>', 'passphrase; left out, HANAMI_PASSPHRASE, or a line of standard input, or asked for')
  .option('--project <id>', 'one of your projects; left out, the first')
  .addHelpText('after', '\nExample:\n  hanamictl login -a http://127.0.0.1:11418 -u asdf')
  .action(async (given: Record<string, string | undefined>, command: Command) => {
    const options = { verifyConnection: command.optsWithGlobals<{ insecure?: boolean }>().insecure !== true };
    const address = given['address'] || (await askText('Address', 'http://127.0.0.1:11418', '-a <url>'));
    const user = given['user'] || (await askText('User', 'asdf', '-u <id>'));
    const passphrase =
      passphraseOf(given['passphrase']) ||
      process.env['HANAMI_PASSPHRASE'] ||
      (await askPassphrase('Enter the passphrase:', '-p <passphrase>'));
    const first = await onceStarted(address, () => token.requestToken(address, user, passphrase, options));
    const { project } = given;
    const kept = project === undefined ? first : (await token.switchProject(first, address, project, options)).token;
    printLine(`logged in as '${user}'; the token is kept in ${keepLogin({ address, user, token: kept })}`);
  });

export const logoutCommand = withCommon(new Command('logout'))
  .description('end the session that login began, and forget its token')
  .addHelpText('after', '\nExample:\n  hanamictl logout')
  .action(async (_: unknown, command: Command) => {
    const login = loadLogin();
    if (!login) {
      printLine('you were not logged in');
      return;
    }
    forgetLogin();
    const options = { verifyConnection: command.optsWithGlobals<{ insecure?: boolean }>().insecure !== true };
    // A session that has ended already is fine; if the server is unreachable, the token is removed here nevertheless.
    await session.logOut(login.token, login.address, options).catch((error: Error) => {
      if (!(error instanceof Unauthorized)) tell(`warning: the session goes on at the server until its token expires: ${error.message}`);
    });
    printLine('logged out');
  });
