import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { LaidOutManager } from './laid-out-manager.ts';

/** As the documentation of the integration has them, and as sites copied them. */
export const documentedRules = `<group name="threat_intel,">
  <!-- of the documentation -->
  <rule id="100623" level="10">
    <field name="integration">opencti</field>
    <description>OpenCTI</description>
    <group>opencti,</group>
  </rule>
  <rule id="100624" level="5">
    <if_sid>100623</if_sid>
    <field name="opencti.error">\\.+</field>
    <description>OpenCTI - Error connecting to API</description>
    <group>opencti,opencti_error,</group>
  </rule>
  <rule id="100625" level="12">
    <if_sid>100623</if_sid>
    <!-- loud -->
    <field name="opencti.id">\\.+</field>
    <description>OpenCTI - IoC found in Threat Intel - $(opencti.value)</description>
    <group>opencti,opencti_alert,</group>
  </rule>
</group>
`;

export function putOldIntegration(manager: LaidOutManager, rules: string): LaidOutManager {
  const script = '#!/bin/sh\nexec python3 "$0.py" "$@"\n';
  writeFileSync(join(manager.home, 'integrations/custom-opencti'), script, { mode: 0o750 });
  writeFileSync(join(manager.home, 'integrations/custom-opencti.py'), 'print("old")\n', { mode: 0o750 });
  writeFileSync(join(manager.home, 'etc/rules/local_rules.xml'), rules, 'latin1');
  return manager;
}
