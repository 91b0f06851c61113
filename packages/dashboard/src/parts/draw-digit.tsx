import { Button, Grid, Stack, Text } from '@mantine/core';
import { type Client, cluster as clusters, directIo } from '@openhanami/sdk';
import { useMutation } from '@tanstack/react-query';
import { type PointerEvent, useEffect, useRef, useState } from 'react';
import { ADDRESS, useSession } from '../session.tsx';
import { texts } from '../texts.ts';
import { asMnist } from './mnist-picture.ts';
import { Probabilities } from './probabilities.tsx';
import { Trouble } from './trouble.tsx';

type Cluster = Awaited<ReturnType<Client['getCluster']>>;

const SIDE = 280;
const PEN = 18;

/** A canvas to draw a digit on, which the cluster names while it is drawn. */
export default function DrawDigit({ cluster }: { readonly cluster: Cluster }) {
  const { token } = useSession();
  const canvas = useRef<HTMLCanvasElement>(null);
  const last = useRef<{ x: number; y: number }>(undefined);
  const [shares, setShares] = useState<Record<string, number>>({});
  const [input] = cluster.inputs;
  const [output] = cluster.outputs;
  const connection = useRef<Promise<directIo.DirectConnection>>(undefined);
  const { mutate, error } = useMutation({
    async mutationFn(picture: Float32Array) {
      connection.current ??= clusters.switchToDirectMode(token, ADDRESS, cluster.uuid);
      const answers = await directIo.request(await connection.current, { [input?.name ?? '']: [...picture] });
      const values = answers[output?.name ?? ''] ?? [];
      const sum = values.reduce((all, value) => all + Math.max(0, value), 0) || 1;
      const names = output?.classes?.map(String) ?? values.map((_, i) => String(i));
      setShares(Object.fromEntries(values.map((value, i) => [names[i] ?? String(i), Math.max(0, value) / sum])));
    },
    scope: { id: 'draw' },
  });
  useEffect(
    () => () => {
      // Tasks go on when the page is left.
      void connection.current
        ?.then((open) => open.close())
        .then(() => clusters.switchToTaskMode(token, ADDRESS, cluster.uuid))
        .catch(() => {});
    },
    [token, cluster.uuid],
  );
  const draw = (event: PointerEvent<HTMLCanvasElement>): void => {
    const context = canvas.current?.getContext('2d');
    if (!context || event.buttons === 0) {
      last.current = undefined;
      return;
    }
    const box = event.currentTarget.getBoundingClientRect();
    const at = { x: ((event.clientX - box.left) * SIDE) / box.width, y: ((event.clientY - box.top) * SIDE) / box.height };
    context.lineWidth = PEN;
    context.lineCap = 'round';
    context.strokeStyle = 'white';
    context.beginPath();
    context.moveTo(last.current?.x ?? at.x, last.current?.y ?? at.y);
    context.lineTo(at.x, at.y);
    context.stroke();
    last.current = at;
  };
  const ask = (): void => {
    last.current = undefined;
    const image = canvas.current?.getContext('2d')?.getImageData(0, 0, SIDE, SIDE);
    const picture = image && asMnist(image.data, SIDE);
    if (picture) mutate(picture);
  };
  const clear = (): void => {
    canvas.current?.getContext('2d')?.clearRect(0, 0, SIDE, SIDE);
    setShares({});
  };
  return (
    <Grid gap="xl">
      <Grid.Col span={{ base: 12, sm: 6 }}>
        <Stack align="flex-start">
          <Text>{texts.ask.draw}</Text>
          <canvas
            ref={canvas}
            width={SIDE}
            height={SIDE}
            aria-label={texts.ask.draw}
            style={{ background: 'black', borderRadius: 6, touchAction: 'none', cursor: 'crosshair' }}
            onPointerDown={draw}
            onPointerMove={draw}
            onPointerUp={ask}
          />
          <Button variant="default" size="xs" onClick={clear}>
            {texts.ask.clear}
          </Button>
        </Stack>
      </Grid.Col>
      <Grid.Col span={{ base: 12, sm: 6 }} aria-live="polite">
        <Trouble error={error} />
        <Text fz={40} fw={600} data-testid="digit">
          {Object.entries(shares).sort(([, a], [, b]) => b - a)[0]?.[0] ?? ''}
        </Text>
        <Probabilities of={shares} />
      </Grid.Col>
    </Grid>
  );
}
