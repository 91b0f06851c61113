import { MantineProvider } from '@mantine/core';
import '@mantine/core/styles.css';
import '../src/style.css';
import { StrictMode } from 'react';
import { createRoot } from 'react-dom/client';
import { theme } from '../src/theme.ts';
import { Playground } from './playground.tsx';

const root = document.getElementById('root');
if (!root) throw new Error('the page has no place for the application');
createRoot(root).render(
  <StrictMode>
    <MantineProvider theme={theme} defaultColorScheme="auto">
      <Playground />
    </MantineProvider>
  </StrictMode>,
);
