import { ActionIcon, Code, CopyButton, Group, SegmentedControl, Text } from '@mantine/core';
import { IconCheck, IconCopy } from '@tabler/icons-react';
import { useState } from 'react';
import { texts } from '../texts.ts';

export interface CodeOf {
  readonly hanamictl: string;
  readonly TypeScript: string;
  readonly Python: string;
}

/** The same that a page does, for programs. */
export function AsCode({ of }: { readonly of: CodeOf }) {
  const [language, setLanguage] = useState<keyof CodeOf>('hanamictl');
  return (
    <section aria-label={texts.common.code}>
      <Group justify="space-between" mb={4}>
        <Text fw={600}>{texts.common.code}</Text>
        <SegmentedControl
          size="xs"
          value={language}
          onChange={(value) => setLanguage(value as keyof CodeOf)}
          data={['hanamictl', 'TypeScript', 'Python']}
          aria-label={texts.common.code}
        />
      </Group>
      <Group align="flex-start" wrap="nowrap" gap={4}>
        <Code block style={{ flex: 1, overflowX: 'auto' }} tabIndex={0}>
          {of[language]}
        </Code>
        <CopyButton value={of[language]}>
          {({ copied, copy }) => (
            <ActionIcon variant="subtle" onClick={copy} aria-label={copied ? texts.common.copied : texts.common.copy} color="gray">
              {copied ? <IconCheck size={16} aria-hidden /> : <IconCopy size={16} aria-hidden />}
            </ActionIcon>
          )}
        </CopyButton>
      </Group>
    </section>
  );
}
