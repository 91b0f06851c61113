import { type TokenUser, tokenUser } from '@openhanami/contract';
import { type Client, Credentials, client, HanamiError, toBase64, token as tokens } from '@openhanami/sdk';
import { MutationCache, QueryCache, QueryClient, QueryClientProvider } from '@tanstack/react-query';
import { createContext, type ReactNode, useContext, useEffect, useMemo, useState } from 'react';

// Who is logged in. The token is in memory, and in the storage of the tab if the user wants that; it is renewed before it ends.

/** Address of the server that these pages come from, with the path that a proxy may have put it under; with hot reload they come from elsewhere. */
export const ADDRESS = import.meta.env.DEV
  ? 'http://127.0.0.1:11418'
  : new URL('.', window.location.href.split('#')[0]).href.replace(/\/+$/, '');

const KEPT = 'openhanami-token';
/** Part of a token's life after which it is renewed. */
const RENEW_AFTER = 0.7;
/** Milliseconds between two renewals, at least. */
const RENEW_AGAIN_MS = 3000;
/** Lists are looked at again so often; what runs tells by itself. */
const LOOK_AGAIN_MS = 10_000;

export interface Session {
  readonly token: Credentials;
  readonly api: Client;
  readonly user: TokenUser;
  logOut(): void;
  switchProject(id: string): Promise<void>;
}

interface Claims {
  readonly exp: number;
  readonly iat: number;
  readonly user: TokenUser;
}

/** What a token says of its user and its life; undefined if it is none. */
function claimsOf(text: string): Claims | undefined {
  try {
    const part = (text.split('.')[1] ?? '').replace(/-/g, '+').replace(/_/g, '/');
    const bytes = Uint8Array.from(atob(part), (c) => c.charCodeAt(0));
    const { exp, iat, user } = JSON.parse(new TextDecoder().decode(bytes));
    return { exp, iat, user: tokenUser.parse(typeof user === 'string' ? JSON.parse(user) : user) };
  } catch {
    return undefined;
  }
}

/** A token that renews itself for as long as it has not ended. */
function credentialsOf(text: string, keep: boolean): Credentials {
  const note = (current: string): string => {
    // Who has logged out meanwhile is not kept.
    if (keep && (current === text || sessionStorage.getItem(KEPT) !== null)) sessionStorage.setItem(KEPT, current);
    return current;
  };
  const credentials: Credentials = new Credentials(note(text), async () => {
    const { token: current } = credentials;
    const project_id = claimsOf(current)?.user.project_id ?? '';
    return note((await client({ address: ADDRESS, token: current }).renewToken({ project_id })).token);
  });
  return credentials;
}

const SessionContext = createContext<Session | undefined>(undefined);

/** The session. @throws Error outside of it. */
export function useSession(): Session {
  const session = useContext(SessionContext);
  if (!session) throw new Error('nobody is logged in');
  return session;
}

export const useApi = (): Client => useSession().api;

export type LogIn = (id: string, passphrase: string, keep: boolean) => Promise<void>;

/** Shows `children` to who is logged in, `login` to others: on the same address, so that it goes on where it was. */
export function SessionProvider({
  children,
  login,
}: {
  readonly children: ReactNode;
  readonly login: (logIn: LogIn, hasEnded: boolean) => ReactNode;
}) {
  const [token, setToken] = useState<Credentials | undefined>(() => {
    const kept = sessionStorage.getItem(KEPT);
    if (kept && (claimsOf(kept)?.exp ?? 0) * 1000 > Date.now()) return credentialsOf(kept, true);
    sessionStorage.removeItem(KEPT);
    return undefined;
  });
  const [hasEnded, setEnded] = useState(false);

  const queries = useMemo(() => {
    const end = (error: Error): void => {
      if (!(error instanceof HanamiError) || error.code !== 'token_ended') return;
      sessionStorage.removeItem(KEPT);
      // Whoever logs in next sees nothing of it.
      cache.clear();
      setEnded(true);
      setToken(undefined);
    };
    const cache: QueryClient = new QueryClient({
      queryCache: new QueryCache({ onError: end }),
      mutationCache: new MutationCache({ onError: end }),
      defaultOptions: {
        queries: {
          refetchInterval: LOOK_AGAIN_MS,
          retry: (count, error) => !(error instanceof HanamiError) && count < 5,
        },
      },
    });
    return cache;
  }, []);

  useEffect(() => {
    if (!token) return;
    let timer: number;
    const plan = (atLeast: number): void => {
      const { exp = 0, iat = 0 } = claimsOf(token.token) ?? {};
      const ms = Math.max(atLeast, iat * 1000 + (exp - iat) * 1000 * RENEW_AFTER - Date.now());
      const again = (): void => {
        // A fault of the network passes; a token that has ended does not come back.
        if (exp * 1000 > Date.now()) timer = window.setTimeout(renew, RENEW_AGAIN_MS);
      };
      const renew = (): void => void token.renew(token.token).then(() => plan(RENEW_AGAIN_MS), again);
      timer = window.setTimeout(renew, Math.min(ms, 2 ** 31 - 1));
    };
    // One that was kept may be about to end; a new one is not, also where the clocks differ.
    plan(0);
    return () => window.clearTimeout(timer);
  }, [token]);

  const session = useMemo((): Session | undefined => {
    const user = token && claimsOf(token.token)?.user;
    if (!token || !user) return undefined;
    const api = client({ address: ADDRESS, token });
    const keep = sessionStorage.getItem(KEPT) !== null;
    return {
      token,
      api,
      user,
      logOut() {
        sessionStorage.removeItem(KEPT);
        queries.clear();
        setEnded(false);
        setToken(undefined);
        void api.logOut().catch(() => {});
      },
      async switchProject(id) {
        const { token: other } = await tokens.switchProject(token, ADDRESS, id);
        queries.clear();
        setToken(credentialsOf(other, keep));
      },
    };
  }, [token, queries]);

  if (!session) {
    const logIn: LogIn = async (id, passphrase, keep) => {
      const { token: text } = await client({ address: ADDRESS }).createToken({ id, passphrase: toBase64(passphrase) });
      setEnded(false);
      setToken(credentialsOf(text, keep));
    };
    return login(logIn, hasEnded);
  }
  return (
    <QueryClientProvider client={queries}>
      <SessionContext value={session}>{children}</SessionContext>
    </QueryClientProvider>
  );
}
