import { MantineProvider } from '@mantine/core';
import '@mantine/core/styles.css';
import './style.css';
import { StrictMode } from 'react';
import { createRoot } from 'react-dom/client';
import { config } from 'zod';
import { App } from './app.tsx';
import { Login } from './pages/login.tsx';
import { SessionProvider } from './session.tsx';
import { theme } from './theme.ts';

// The policy of these pages lets nothing make code out of text.
config({ jitless: true });

const root = document.getElementById('root');
if (!root) throw new Error('the page has no place for the application');
createRoot(root).render(
  <StrictMode>
    <MantineProvider theme={theme} defaultColorScheme="auto">
      <SessionProvider login={(logIn, hasEnded) => <Login logIn={logIn} hasEnded={hasEnded} />}>
        <App />
      </SessionProvider>
    </MantineProvider>
  </StrictMode>,
);
