import { Alert, Button } from '@mantine/core';
import { Component, type ReactNode } from 'react';
import { texts } from '../texts.ts';

/** Where something breaks, such as scripts of a version that the server does not have any more, the rest of the page stays. */
export class Boundary extends Component<{ readonly children: ReactNode }, { readonly error?: Error }> {
  override state: { readonly error?: Error } = {};

  static getDerivedStateFromError(error: Error) {
    return { error };
  }

  override render(): ReactNode {
    const { error } = this.state;
    if (!error) return this.props.children;
    return (
      <Alert color="red" title={texts.common.error} role="alert">
        {error.message}
        <div>
          <Button mt="sm" size="xs" variant="default" onClick={() => window.location.reload()}>
            {texts.common.reload}
          </Button>
        </div>
      </Alert>
    );
  }
}
