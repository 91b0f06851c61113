import { Grid, Text } from '@mantine/core';
import type { ReactNode } from 'react';
import { Shares } from '../parts/shares.tsx';
import { DigitCanvas } from './digit-canvas.tsx';

/** Answers of ten outputs as shares, by the names of the digits. */
export function sharesOf(answers: readonly number[], names: readonly string[] = []): [name: string, share: number][] {
  const sum = answers.reduce((all, value) => all + Math.max(0, value), 0) || 1;
  return answers.map((value, i) => [names[i] ?? String(i), Math.max(0, value) / sum]);
}

/** A canvas to draw a digit on, and beside it what it is taken for. @param children what stands above the answer, such as an error. */
export function DigitAnswer({
  shares,
  onPicture,
  onClear,
  children,
}: {
  readonly shares: readonly (readonly [name: string, share: number])[];
  readonly onPicture: (picture: Float32Array) => void;
  readonly onClear: () => void;
  readonly children?: ReactNode;
}) {
  const [best] = shares.toSorted(([, a], [, b]) => b - a);
  return (
    <Grid gap="xl">
      <Grid.Col span={{ base: 12, sm: 6 }}>
        <DigitCanvas onPicture={onPicture} onClear={onClear} />
      </Grid.Col>
      <Grid.Col span={{ base: 12, sm: 6 }} aria-live="polite">
        {children}
        <Text fz={40} fw={600} data-testid="digit">
          {best?.[0] ?? ''}
        </Text>
        <Shares of={shares} />
      </Grid.Col>
    </Grid>
  );
}
