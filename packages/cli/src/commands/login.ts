import { token } from '@openhanami/sdk';
import { Command } from 'commander';
import { askPassphrase, askText } from '../ask.ts';
import { withCommon } from '../command.ts';
import { forgetLogin, keepLogin } from '../login.ts';
import { printLine } from '../print.ts';

export const loginCommand = withCommon(new Command('login'))
  .description('log in and keep the token, as an alternative to the environment')
  .option('-a, --address <url>', 'address of the server', process.env['HANAMI_ADDRESS'])
  .option('-u, --user <id>', 'user id', process.env['HANAMI_USER'])
  .option('-p, --passphrase <passphrase>', 'passphrase; asked for if it is left out (HANAMI_PASSPHRASE)')
  .option('--project <id>', 'one of your projects; left out, the first')
  .addHelpText('after', '\nExample:\n  hanamictl login -a http://127.0.0.1:11418 -u asdf')
  .action(async (given: Record<string, string | undefined>, command: Command) => {
    const options = { verifyConnection: command.optsWithGlobals<{ insecure?: boolean }>().insecure !== true };
    const address = given['address'] || (await askText('Address', 'http://127.0.0.1:11418', '-a <url>'));
    const user = given['user'] || (await askText('User', 'asdf', '-u <id>'));
    const passphrase =
      given['passphrase'] || process.env['HANAMI_PASSPHRASE'] || (await askPassphrase('Enter Passphrase:', '-p <passphrase>'));
    const first = await token.requestToken(address, user, passphrase, options);
    const { project } = given;
    const kept = project === undefined ? first : (await token.switchProject(first, address, project, options)).token;
    printLine(`logged in as '${user}'; the token is kept in ${keepLogin({ address, user, token: kept })}`);
  });

export const logoutCommand = new Command('logout')
  .description('forget the token that login has kept')
  .addHelpText('after', '\nExample:\n  hanamictl logout')
  .action(() => {
    forgetLogin();
    printLine('logged out');
  });
