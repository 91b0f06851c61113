import { createTheme, Menu, Modal } from '@mantine/core';
import { texts } from './texts.ts';

/** What the network says, and what is true; lines by Okabe and Ito (2008), told apart by the colour-blind too. */
export const ANSWER = 'indigo';
export const TRUTH = 'teal';
export const OKABE_ITO = ['#0072B2', '#E69F00', '#009E73', '#CC79A7'] as const;

export const theme = createTheme({
  primaryColor: ANSWER,
  primaryShade: 7,
  defaultRadius: 6,
  fontFamily: 'system-ui, -apple-system, "Segoe UI", Roboto, "Noto Sans", "Liberation Sans", sans-serif',
  fontFamilyMonospace: 'ui-monospace, "SF Mono", "DejaVu Sans Mono", monospace',
  fontSizes: { xs: '12px', sm: '13px', md: '14px', lg: '17.5px', xl: '22px' },
  headings: { fontWeight: '600', sizes: { h1: { fontSize: '22px' }, h2: { fontSize: '17.5px' }, h3: { fontSize: '14px' } } },
  respectReducedMotion: true,
  components: {
    // In its landmark, and with nothing in it but what can be chosen.
    Menu: Menu.extend({ defaultProps: { withinPortal: false, withInitialFocusPlaceholder: false } }),
    Modal: Modal.extend({
      // Its head is no second banner of the page.
      defaultProps: { closeButtonProps: { 'aria-label': texts.common.close }, attributes: { header: { role: 'presentation' } } },
    }),
  },
});
