"""What a simple integration does for one alert: ask OpenCTI for a name, hand the answer to the engine."""

import json
import socket
import sys

import requests

QUERY = """query Name($filters: FilterGroup) {
  byValue: stixCyberObservables(first: 1, types: ["Domain-Name"], filters: $filters) { edges { node { id standard_id
    entity_type parent_types created_at updated_at createdBy { id name } objectLabel { id value color }
    objectMarking { id definition } observable_value x_opencti_description x_opencti_score
    indicators { edges { node { id pattern pattern_type } } } ... on DomainName { value } } } }
}"""


def main(alert_file, token, url, queue, ca):
    with open(alert_file) as file:
        alert = json.load(file)
    name = alert["data"]["win"]["eventdata"]["queryName"]
    filters = {"mode": "and", "filters": [{"key": ["value"], "values": [name]}], "filterGroups": []}
    answer = requests.post(
        url + "/graphql",
        json={"query": QUERY, "variables": {"filters": filters}},
        headers={"Authorization": "Bearer " + token},
        verify=ca or True,
        timeout=10,
    )
    node = answer.json()["data"]["byValue"]["edges"][0]["node"]
    for index, label in enumerate(node["objectLabel"]):
        node[str(index)] = {"node": label}
    agent = alert["agent"]
    event = json.dumps({"integration": "opencti", "opencti": node}, separators=(",", ":"))
    message = "1:[{id}] ({name}) {ip}->opencti:".format(**agent) + event
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as sender:
        sender.connect(queue)
        sender.send(message.encode())


main(*sys.argv[1:])
