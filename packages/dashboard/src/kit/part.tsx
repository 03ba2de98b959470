/** A part of a page. If it fails, the error is shown in its place, and the rest of the page works. */
import { Alert, Button, Group, Text } from '@mantine/core';
import { Component, type ReactNode } from 'react';
import { words } from './words.ts';

interface Props {
  readonly children: ReactNode;
}

// A class, because only a class can be an error boundary in React.
export class Part extends Component<Props, { readonly hasFailed: boolean }> {
  override state = { hasFailed: false };

  static getDerivedStateFromError() {
    return { hasFailed: true };
  }

  override render(): ReactNode {
    if (!this.state.hasFailed) return this.props.children;
    return (
      <Alert color="red" role="alert">
        <Group justify="space-between" gap="md">
          <Text size="sm">{words.partFailed}</Text>
          <Button size="xs" variant="default" onClick={() => this.setState({ hasFailed: false })}>
            {words.retry}
          </Button>
        </Group>
      </Alert>
    );
  }
}
