import { Button, Container, Grid, Group, Stack, Text, Title } from '@mantine/core';
import { lazy, Suspense, useEffect, useRef, useState } from 'react';
import { DigitAnswer, sharesOf } from '../src/ask/digit-answer.tsx';
import { Network } from '../src/network/network.tsx';
import { percent } from '../src/parts/format.ts';
import { Waiting } from '../src/parts/trouble.tsx';
import { texts } from '../src/texts.ts';
import { ANSWER } from '../src/theme.ts';
import { type FromWorker, TEMPLATE, type ToWorker } from './messages.ts';

const Curve = lazy(() => import('../src/charts/curve.tsx'));

type Grown = Extract<FromWorker, { kind: 'grown' }>;

/** A network that learns digits in the page of who looks at it. */
export function Playground() {
  const worker = useRef<Worker>(undefined);
  /** Networks that were begun. */
  const network = useRef(0);
  const [steps, setSteps] = useState<readonly Grown[]>([]);
  const [isTraining, setTraining] = useState(false);
  const [shares, setShares] = useState<readonly (readonly [string, number])[]>([]);
  useEffect(() => {
    const started = new Worker(new URL('./worker.ts', import.meta.url), { type: 'module' });
    started.onmessage = ({ data }: MessageEvent<FromWorker>) => {
      if (data.kind === 'grown') {
        if (data.network === network.current) setSteps((before) => [...before, data]);
      } else if (data.kind === 'rested') setTraining(false);
      else {
        setShares(sharesOf(data.answers));
      }
    };
    worker.current = started;
    return () => started.terminate();
  }, []);
  const say = (message: ToWorker): void => worker.current?.postMessage(message);
  const last = steps.at(-1);
  return (
    <Container component="main" size={1100} py="xl">
      <Stack gap="xl">
        <div>
          <Title order={1}>{texts.playground.title}</Title>
          <Text c="dimmed">{texts.playground.hint}</Text>
        </div>
        <Group>
          <Button
            onClick={() => {
              say({ kind: isTraining ? 'stop' : 'train' });
              setTraining(!isTraining);
            }}
          >
            {isTraining ? texts.common.stop : texts.learn.start}
          </Button>
          <Button
            variant="default"
            onClick={() => {
              network.current++;
              say({ kind: 'anew', network: network.current });
              setSteps([]);
              setTraining(false);
              setShares([]);
            }}
          >
            {texts.playground.anew}
          </Button>
          <Text className="figures" role="status" data-testid="progress">
            {last
              ? texts.playground.progress(last.rows, percent(last.accuracy), texts.clusters.rate(last.rowsPerSecond))
              : texts.playground.empty}
          </Text>
        </Group>
        <Grid gap="xl">
          <Grid.Col span={{ base: 12, sm: 6 }}>
            <Title order={2}>{texts.clusters.network}</Title>
            <Network template={TEMPLATE} hexagons={last?.hexagons} />
          </Grid.Col>
          <Grid.Col span={{ base: 12, sm: 6 }}>
            <Title order={2}>{texts.clusters.howWell}</Title>
            {steps.length > 1 ? (
              <Suspense fallback={<Waiting />}>
                <Curve
                  x={steps.map(({ rows }) => rows)}
                  xLabel={texts.charts.rows}
                  yLabel={texts.charts.accuracy}
                  lines={[{ label: texts.charts.accuracy, color: ANSWER, values: steps.map(({ accuracy }) => accuracy) }]}
                />
              </Suspense>
            ) : (
              <Text c="dimmed">{texts.clusters.untrained}</Text>
            )}
          </Grid.Col>
        </Grid>
        <DigitAnswer shares={shares} onPicture={(picture) => say({ kind: 'ask', picture })} onClear={() => setShares([])} />
        <Text c="dimmed" size="sm">
          {texts.playground.about}
        </Text>
      </Stack>
    </Container>
  );
}
