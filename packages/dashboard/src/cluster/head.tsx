import { Button, Group, Menu, Modal, TextInput } from '@mantine/core';
import { useDisclosure } from '@mantine/hooks';
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import type { ClusterData } from '../parts/cluster-data.ts';
import { bytes } from '../parts/format.ts';
import { ResourceHead } from '../parts/resource-head.tsx';
import { Trouble } from '../parts/trouble.tsx';
import { useApi } from '../session.tsx';
import { texts } from '../texts.ts';

/** What a cluster is called, how large it is, and what can be done with it as a whole. */
export function Head({ cluster }: { readonly cluster: ClusterData }) {
  const { uuid, name, mode, neurons, number_of_sections: sections, memory, host } = cluster;
  const api = useApi();
  const queries = useQueryClient();
  const [opened, { open, close }] = useDisclosure(false);
  const [checkpoint, setCheckpoint] = useState(name);
  const again = () => queries.invalidateQueries();
  const save = useMutation({
    mutationFn: () => api.saveCluster({ name: checkpoint, cluster_uuid: uuid }),
    onSuccess: async () => {
      close();
      await again();
    },
  });
  const switchMode = useMutation({
    mutationFn: (new_state: 'TASK' | 'DIRECT') => api.setClusterMode({ uuid, new_state }),
    onSuccess: again,
  });
  const move = useMutation({ mutationFn: (host_uuid: string) => api.switchHost({ cluster_uuid: uuid, host_uuid }), onSuccess: again });
  const { data: hosts } = useQuery({ queryKey: ['hosts'], queryFn: () => api.listHosts({}) });
  const others = hosts?.body.filter(([other]) => other !== host) ?? [];
  return (
    <>
      <ResourceHead
        resource={cluster}
        of={[mode, texts.clusters.neurons(neurons), texts.clusters.sections(sections), bytes(memory)]}
        setVisibility={(visibility) => api.setClusterVisibility({ uuid, visibility })}
        remove={() => api.deleteCluster({ uuid })}
        consequence={texts.clusters.goesWithIt}
        list="/clusters"
      >
        <Button
          size="xs"
          variant="default"
          onClick={() => switchMode.mutate(mode === 'DIRECT' ? 'TASK' : 'DIRECT')}
          title={texts.clusters.directHint}
        >
          {mode === 'DIRECT' ? texts.clusters.toTasks : texts.clusters.toDirect}
        </Button>
        {others.length > 0 && (
          <Menu>
            <Menu.Target>
              <Button size="xs" variant="default">
                {texts.clusters.moveTo}
              </Button>
            </Menu.Target>
            <Menu.Dropdown>
              {others.map(([other, type]) => (
                <Menu.Item key={String(other)} onClick={() => move.mutate(String(other))}>
                  {String(type)} {String(other).slice(0, 8)}
                </Menu.Item>
              ))}
            </Menu.Dropdown>
          </Menu>
        )}
        <Button size="xs" variant="default" onClick={open}>
          {texts.clusters.save}
        </Button>
      </ResourceHead>
      <Trouble error={switchMode.error ?? move.error} />
      <Modal opened={opened} onClose={close} title={texts.clusters.save} centered>
        <TextInput
          label={texts.common.name}
          value={checkpoint}
          onChange={(event) => setCheckpoint(event.currentTarget.value)}
          data-autofocus
        />
        <Trouble error={save.error} />
        <Group justify="flex-end" mt="md">
          <Button onClick={() => save.mutate()} loading={save.isPending}>
            {texts.common.save}
          </Button>
        </Group>
      </Modal>
    </>
  );
}
