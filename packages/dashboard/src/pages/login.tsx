import { Alert, Button, Center, Checkbox, Paper, PasswordInput, Stack, TextInput, Title } from '@mantine/core';
import { type FormEvent, useState } from 'react';
import type { LogIn } from '../session.tsx';
import { texts } from '../texts.ts';

/** Asks who somebody is. */
export function Login({ logIn, hasEnded }: { readonly logIn: LogIn; readonly hasEnded: boolean }) {
  const [fault, setFault] = useState('');
  const [busy, setBusy] = useState(false);
  const submit = async (event: FormEvent<HTMLFormElement>): Promise<void> => {
    event.preventDefault();
    const form = new FormData(event.currentTarget);
    setBusy(true);
    setFault('');
    try {
      await logIn(String(form.get('user')), String(form.get('passphrase')), form.get('keep') !== null);
    } catch (error) {
      setFault((error as Error).message);
      setBusy(false);
    }
  };
  return (
    <Center mih="100vh" p="md" component="main">
      <Paper withBorder p="xl" w={360}>
        <form onSubmit={(event) => void submit(event)}>
          <Stack>
            <Title order={1}>{texts.name}</Title>
            {hasEnded && <Alert color="yellow">{texts.login.ended}</Alert>}
            <TextInput label={texts.login.user} name="user" autoComplete="username" required data-autofocus />
            <PasswordInput label={texts.login.passphrase} name="passphrase" autoComplete="current-password" required />
            <Checkbox label={texts.login.keep} name="keep" />
            {fault !== '' && (
              <Alert color="red" role="alert">
                {fault}
              </Alert>
            )}
            <Button type="submit" loading={busy}>
              {texts.login.submit}
            </Button>
          </Stack>
        </form>
      </Paper>
    </Center>
  );
}
