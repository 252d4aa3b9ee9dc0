"""Whether each role allows what its function does, and nothing else."""

import copy
import fnmatch
import json
from collections import defaultdict

from emulator import UNJUDGED
from stack import Failure

# What AWS itself does with a function's role. The emulator asks for none of it.
LOGS = ("logs:CreateLogStream", "logs:PutLogEvents")
XRAY = ("xray:PutTraceSegments", "xray:PutTelemetryRecords")
QUEUE = ("sqs:ReceiveMessage", "sqs:DeleteMessage", "sqs:GetQueueAttributes")


def tamper(template, deny=None, grant=None):
    """Takes an action from a role, and gives one to a role on whatever the role's first statement names."""
    for change in (deny, grant):
        role = change and template["Resources"].get(change[0])
        if change and not (role and role["Type"] == "AWS::IAM::Role"):
            raise Failure(f"there is no role {change[0]} in template.yaml")
    for policy in template["Resources"][deny[0]]["Properties"]["Policies"] if deny else ():
        for statement in policy["PolicyDocument"]["Statement"]:
            statement["Action"] = [action for action in statement["Action"] if action != deny[1]]
        policy["PolicyDocument"]["Statement"] = [s for s in policy["PolicyDocument"]["Statement"] if s["Action"]]
    if grant:
        statements = template["Resources"][grant[0]]["Properties"]["Policies"][0]["PolicyDocument"]["Statement"]
        statements.append({"Effect": "Allow", "Action": [grant[1]], "Resource": statements[0]["Resource"]})


def granted(iam, resources, template):
    """What each function's role allows: role → pairs of action and resource, as deployed."""
    return {
        resources[logical]: pairs(iam, resources[logical])
        for logical in functions_roles(template).values()
    }


def functions_roles(template):
    """The role of each function, both by their names in the template."""
    return {
        name: resource["Properties"]["Role"]["Fn::GetAtt"][0]
        for name, resource in template["Resources"].items()
        if resource["Type"] == "AWS::Lambda::Function"
    }


def pairs(iam, role):
    """The pairs of action and resource that a role's own policies allow."""
    if iam.list_attached_role_policies(RoleName=role)["AttachedPolicies"]:
        raise ValueError(f"{role} has a managed policy, which can't be held against what its function does")
    found = set()
    for name in iam.list_role_policies(RoleName=role)["PolicyNames"]:
        document = iam.get_role_policy(RoleName=role, PolicyName=name)["PolicyDocument"]
        document = json.loads(document) if isinstance(document, str) else document
        for statement in listed(document["Statement"]):
            if statement["Effect"] == "Allow":
                found |= {(a, r) for a in listed(statement["Action"]) for r in listed(statement["Resource"])}
    return found


def listed(value):
    return value if isinstance(value, list) else [value]


def by_rule(session, resources, template, calls):
    """What AWS does in the name of each function, or asks for besides what was called: role → pairs."""
    aws_lambda = session.client("lambda")
    needed = {}
    for function, role in functions_roles(template).items():
        configuration = aws_lambda.get_function_configuration(FunctionName=resources[function])
        group = configuration["LoggingConfig"]["LogGroup"]
        pairs = {(action, f"arn:aws:logs:*:*:log-group:{group}:*") for action in LOGS}
        if template["Resources"][function]["Properties"].get("TracingConfig", {}).get("Mode") == "Active":
            pairs |= {(action, "*") for action in XRAY}
        mappings = aws_lambda.list_event_source_mappings(FunctionName=resources[function])
        for mapping in mappings["EventSourceMappings"]:
            pairs |= {(action, mapping["EventSourceArn"]) for action in QUEUE}
        objects = [on for action, on in calls.get(resources[role], ()) if action == "s3:GetObject"]
        pairs |= {("s3:ListBucket", on.split("/")[0]) for on in objects}
        needed[resources[role]] = pairs
    return needed


def recorded(path):
    """What the emulator was asked for: role → pairs, and what it refused."""
    calls, refused = defaultdict(set), set()
    for line in path.read_text(encoding="utf-8").splitlines():
        call = json.loads(line)
        calls[call["role"]].add((call["action"], call["resource"]))
        if not call["allowed"]:
            refused.add((call["role"], call["action"], call["resource"]))
    return calls, refused


def covers(grant, call):
    """Whether a pair of a policy allows a pair of a call; IAM's `*` and `?` are the shell's."""
    (action, resource), (called, on) = grant, call
    # A rule knows neither account nor region of a log group: there the call is the pattern.
    return fnmatch.fnmatchcase(called, action) and (
        fnmatch.fnmatchcase(on, resource) or fnmatch.fnmatchcase(resource, on)
    )


def compare(grants, calls):
    """What is missing and what is idle: lists of role, action, resource."""
    missing = [(r, *c) for r in grants for c in calls.get(r, ()) if not any(covers(g, c) for g in grants[r])]
    idle = [(r, *g) for r in grants for g in grants[r] if not any(covers(g, c) for c in calls.get(r, ()))]
    return sorted(missing), sorted(idle)


def blind_spots(grants, calls):
    """Changes of a policy that the comparison would not notice: each permission removed, and one added to each role."""
    unnoticed = []
    for role, allowed in grants.items():
        for pair in allowed:
            less = copy.deepcopy(grants)
            less[role].remove(pair)
            if not compare(less, calls)[0]:
                unnoticed.append(f"{role} without {' on '.join(pair)}")
        more = copy.deepcopy(grants)
        more[role].add(("dynamodb:DeleteTable", "arn:aws:dynamodb:*:*:table/*"))
        if not compare(more, calls)[1]:
            unnoticed.append(f"{role} with dynamodb:DeleteTable")
    return unnoticed


def report(grants, calls, ruled, refused):
    """The lines of a report, and whether everything holds."""
    together = {role: calls.get(role, set()) | ruled.get(role, set()) for role in grants}
    missing, idle = compare(grants, together)
    lines = [f"MISSING {role}: {action} on {resource}" for role, action, resource in sorted({*missing, *refused})]
    lines += [f"IDLE {role}: {action} on {resource}" for role, action, resource in idle]
    if not lines:
        lines = [f"UNNOTICED {change}" for change in blind_spots(grants, together)]
    judged = sum(len(pairs) for pairs in calls.values())
    total = sum(len(pairs) for pairs in grants.values())
    summary = [f"{len(grants)} roles with {total} permissions, held against {judged} kinds of calls that were recorded."]
    summary += [f"Not judged by the emulator, but by a rule: {name} ({reason})." for name, reason in UNJUDGED.items()]
    return lines + summary, not lines
