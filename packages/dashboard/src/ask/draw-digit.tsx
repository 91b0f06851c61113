import { cluster as clusters, directIo } from '@openhanami/sdk';
import { useMutation } from '@tanstack/react-query';
import { useEffect, useRef, useState } from 'react';
import type { ClusterData } from '../parts/cluster-data.ts';
import { Trouble } from '../parts/trouble.tsx';
import { ADDRESS, useSession } from '../session.tsx';
import { DigitAnswer, sharesOf } from './digit-answer.tsx';

/** A canvas to draw a digit on, which the cluster names while it is drawn. */
export default function DrawDigit({ cluster }: { readonly cluster: ClusterData }) {
  const { token } = useSession();
  const [shares, setShares] = useState<readonly (readonly [string, number])[]>([]);
  const [input] = cluster.inputs;
  const [output] = cluster.outputs;
  const before = useRef(cluster.mode);
  const connection = useRef<Promise<directIo.DirectConnection>>(undefined);
  /** The newest picture that waits while another one is answered. */
  const waiting = useRef<Float32Array>(undefined);
  /** Drawings that were begun. */
  const drawing = useRef(0);
  const isBusy = useRef(false);
  const { mutate, error } = useMutation({
    async mutationFn(first: Float32Array) {
      isBusy.current = true;
      try {
        for (let picture: Float32Array | undefined = first; picture; picture = waiting.current) {
          waiting.current = undefined;
          const mine = drawing.current;
          connection.current ??= clusters.switchToDirectMode(token, ADDRESS, cluster.uuid);
          const answers = await directIo.request(await connection.current, { [input?.name ?? '']: [...picture] });
          const values = answers[output?.name ?? ''] ?? [];
          if (mine === drawing.current) setShares(sharesOf(values, output?.classes?.map(String)));
        }
      } finally {
        isBusy.current = false;
      }
    },
    // Another connection next time: this one was refused, or is lost.
    onError: () => {
      connection.current = undefined;
      waiting.current = undefined;
    },
  });
  useEffect(
    () => () => {
      const leave = async (): Promise<void> => {
        const open = await connection.current;
        await open?.close();
        // Tasks go on when the page is left, unless somebody else talked to it before.
        if (open && before.current === 'TASK') await clusters.switchToTaskMode(token, ADDRESS, cluster.uuid);
      };
      void leave().catch(() => {});
    },
    [token, cluster.uuid],
  );
  return (
    <DigitAnswer
      shares={shares}
      onPicture={(picture) => {
        if (isBusy.current) waiting.current = picture;
        else mutate(picture);
      }}
      onClear={() => {
        drawing.current++;
        waiting.current = undefined;
        setShares([]);
      }}
    >
      <Trouble error={error} />
    </DigitAnswer>
  );
}
