import { readFileSync } from 'node:fs';
import { join } from 'node:path';

const read = (name: string) => readFileSync(join(import.meta.dirname, name), 'latin1');

const dirs = '<decoder_dir>ruleset/decoders</decoder_dir><rule_dir>ruleset/rules</rule_dir>';
const ownDirs = '<decoder_dir>etc/decoders</decoder_dir><rule_dir>etc/rules</rule_dir>';

/** One old block with another group, and a second one that posts other alerts. */
const twoOldBlocks = `<ossec_config>
 <ruleset>
  ${dirs}
  ${ownDirs}
 </ruleset>
 <integration><name>custom-opencti</name><!-- why: ticket 4711 --><group>sysmon_event1</group><alert_format>json</alert_format></integration>
 <integration>
  <name>custom-opencti</name>
  <rule_id>92000,92001</rule_id><level>7</level>
  <!-- half of it -->
 </integration>
 <integration><name>slack</name><hook_url>https://hooks.example/x</hook_url><alert_format>json</alert_format></integration>
</ossec_config>
`;

/**
 * Unusual forms of `ossec.conf` as people write it, by name: the engine reads each of them. They are in latin1, since
 * each byte counts and not every such file is UTF-8.
 */
export const sites: Readonly<Record<string, string>> = {
  'as the packages of 4.14 write it': read('stock.conf'),
  'indented by tabs': read('stock.conf').replaceAll('  ', '\t'),
  'with the line ends of Windows': read('stock.conf').replaceAll('\n', '\r\n'),
  'with a byte order mark': `\xef\xbb\xbf${read('stock.conf')}`,
  'without a line end at its end': read('stock.conf').trimEnd(),
  'without any indentation': read('stock.conf').replace(/^[ ]+/gm, ''),
  'in one line': `<ossec_config><global><jsonout_output>yes</jsonout_output></global><ruleset>${dirs}<list>etc/lists/a</list>${ownDirs}</ruleset></ossec_config>`,
  'with the end tags behind their last element': `<ossec_config>
  <ruleset>
    ${dirs}
    ${ownDirs}</ruleset>
  <global><jsonout_output>yes</jsonout_output></global></ossec_config>
`,
  'with a ruleset without lists': `<ossec_config>
  <ruleset>
      ${dirs}
      ${ownDirs}
  </ruleset>
</ossec_config>
`,
  'with a ruleset and nothing in it': '<ossec_config>\n  <ruleset></ruleset>\n</ossec_config>\n',
  'with a ruleset block in a comment before and behind the real one': `<ossec_config>
  <!-- <ruleset><list>etc/lists/old</list></ruleset> -->
  <ruleset>
    ${dirs}
    <!-- </ruleset> is not the end -->
    ${ownDirs}
  </ruleset>
  <!--
  <ruleset>
    <list>etc/lists/next</list>
  </ruleset>
  </ossec_config>
  -->
</ossec_config>
`,
  'with the ruleset in the third root': `<ossec_config>
  <global><jsonout_output>yes</jsonout_output></global>
</ossec_config>
<!-- between -->
<ossec_config>
</ossec_config>


<ossec_config>

<ruleset>
${dirs}

     <list>etc/lists/site</list>
${ownDirs}
</ruleset>

</ossec_config>
<ossec_config><localfile><log_format>syslog</log_format><location>/var/log/x</location></localfile></ossec_config>
`,
  'with a second ruleset that has rules alone': `<ossec_config>
  <ruleset>
    ${dirs}
    <list>etc/lists/site</list>
    ${ownDirs}
  </ruleset>
  <ruleset>
    <decoder_dir>ruleset/decoders</decoder_dir>
    <decoder_dir>etc/decoders</decoder_dir>
    <rule_dir>etc/more-rules</rule_dir>
  </ruleset>
</ossec_config>
`,
  'with a second ruleset that has lists': `<ossec_config>
  <ruleset>
    ${dirs}
    <list>etc/lists/lost</list>
  </ruleset>
  <ruleset>
    ${dirs}
    ${ownDirs}
    <list>etc/lists/counts</list>
  </ruleset>
</ossec_config>
`,
  'in latin1, with trailing blanks and odd comments': `<!-- Gr\xfc\xdfe !>
<ossec_config>   \t
  <ruleset>  <!-- r\xe8gles --> \t
    ${dirs}   \x20
    ${ownDirs}   <!-- end -->
  </ruleset>   \t

  <!--
  -- nothing --
  -->
</ossec_config>   \n\n\n`,
  'with another integration': `<ossec_config>
  <integration>
    <name>virustotal</name>
    <api_key>K</api_key>
    <group>syscheck</group>
    <alert_format>json</alert_format>
  </integration>
  <ruleset>
    ${dirs}
    ${ownDirs}
  </ruleset>
</ossec_config>
`,
  'with some of our lists declared by hand': `<ossec_config>
  <ruleset>
    ${dirs}
    <list>etc/lists/opencti-fim-md5</list>
    <list>etc/lists/opencti-win-hashes</list>
    ${ownDirs}
  </ruleset>
</ossec_config>
`,
};

/** The sites that have the documented integration already. */
export const oldSites: Readonly<Record<string, string>> = {
  'as documented': read('documented.conf'),
  'with two blocks, one of them without groups': twoOldBlocks,
};
