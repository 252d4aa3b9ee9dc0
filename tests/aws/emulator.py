"""The emulated AWS, and everything in which it is not AWS.

Each difference is here with what AWS does instead; nothing else in the repository knows of any. Run as a program, this
is the emulator itself: it ends, with every function that it has started, when its standard input does.
"""

import asyncio
import copy
import json
import os
import re
import signal
import sys
import threading
import time

import emulator_mail

ACCOUNT = "000000000000"
REGION = "us-east-1"
STAGE = "$default"
MAIL = "/_local/mail"

# What the emulator never asks a role for, so that only a rule can judge it (roles.py).
UNJUDGED = {
    "logs": "AWS writes a function's log with the function's role; the emulator writes it itself",
    "xray": "AWS's agent sends traces with the function's role; the emulator has no X-Ray",
    "missing objects": "AWS says that an object is not there to who may list its bucket; the emulator says it to everybody",
    "event source": "AWS polls a queue with the role of the function that the queue triggers; the emulator polls as itself",
}

# Its alarms know no metric math; .ci/validate-template lints what it does not make.
PARAMETERS = {"MonitoringEnabled": "false"}

# The emulator's own root credentials; it trusts any request that names them.
ROOT = {"AWS_ACCESS_KEY_ID": "test", "AWS_SECRET_ACCESS_KEY": "test", "AWS_REGION": REGION, "AWS_DEFAULT_REGION": REGION}


def api_url(port):
    """Where the API answers.

    AWS: an API has a host of its own (output `ApiUrl`). Names below localhost resolve on few machines, so that here the
    API has `localhost`, and AWS `127.0.0.1`.
    """
    return f"http://localhost:{port}"


def environment(port, scratch):
    """The variables of the emulator's process."""
    endpoint = f"http://127.0.0.1:{port}"
    return {
        **{name: value for name, value in os.environ.items() if name in ("PATH", "HOME", "LANG")},
        **ROOT,
        "GATEWAY_PORT": str(port),
        "BIND_HOST": "127.0.0.1",
        "AUTH": "true",
        # Listeners that nothing here needs.
        "IOT_MTLS_ENABLED": "0",
        "SFTP_ENABLED": "0",
        # Code and buckets go where the run cleans up.
        "TMPDIR": str(scratch),
        # AWS: the SDKs know the services' addresses. Here each function gets this one.
        "AWS_ENDPOINT_URL": endpoint,
        "LOG_LEVEL": "INFO",
    }


def adapt(template):
    """A translated template as the emulator can take it."""
    template = copy.deepcopy(template)
    resources = template["Resources"]
    for name, resource in list(resources.items()):
        if resource["Type"] == "AWS::ApiGatewayV2::Api":
            resources.update(expand(name, resource["Properties"]))
        scaling = resource.get("Properties", {}).get("ScalingConfig")
        if scaling and isinstance(scaling["MaximumConcurrency"], dict):
            # AWS: what a parameter of type Number gives is a number.
            default = template["Parameters"][scaling["MaximumConcurrency"]["Ref"]]["Default"]
            scaling["MaximumConcurrency"] = int(default)
    secrets = {name for name, resource in resources.items() if resource["Type"] == "AWS::SecretsManager::Secret"}
    return by_arn(template, secrets)


def by_arn(value, secrets):
    """A template in which secrets are named by their ARN. AWS: `Ref` of a secret is its ARN; the emulator's, its name."""
    if isinstance(value, list):
        return [by_arn(element, secrets) for element in value]
    if not isinstance(value, dict):
        return value
    if set(value) == {"Ref"} and value["Ref"] in secrets:
        return {"Fn::GetAtt": [value["Ref"], "Id"]}
    return {key: by_arn(element, secrets) for key, element in value.items()}


def expand(api, properties):
    """Routes and integrations of an API, and its CORS configuration.

    AWS: both come from the OpenAPI `Body`, whose `x-amazon-apigateway-cors` has camel case already.
    """
    body = properties.pop("Body")
    properties.update(Name=body["info"]["title"], ProtocolType="HTTP")
    cors = body.get("x-amazon-apigateway-cors")
    if cors:
        properties["CorsConfiguration"] = cors
    made = {}
    for path, methods in body["paths"].items():
        for method, operation in methods.items():
            integration = operation["x-amazon-apigateway-integration"]
            route = path if path == "$default" else f"{method.upper()} {path}".replace(ANY, "ANY")
            name = api + re.sub(r"\W", "", route.title())
            made[f"{name}Integration"] = {
                "Type": "AWS::ApiGatewayV2::Integration",
                "Properties": {
                    "ApiId": {"Ref": api},
                    "IntegrationType": integration["type"].upper(),
                    "IntegrationUri": integration["uri"],
                    "PayloadFormatVersion": integration["payloadFormatVersion"],
                },
            }
            made[f"{name}Route"] = {
                "Type": "AWS::ApiGatewayV2::Route",
                "Properties": {
                    "ApiId": {"Ref": api},
                    "RouteKey": route,
                    "Target": {"Fn::Sub": f"integrations/${{{name}Integration}}"},
                },
            }
    return made


ANY = "X-AMAZON-APIGATEWAY-ANY-METHOD"


def patch(calls):
    """Mends the emulator in its own process, and writes down each call that it judges."""
    import ministack.app as app
    from ministack.core import iam_actions, iam_evaluator, lambda_runtime
    from ministack.services import apigateway, secretsmanager

    certificate = emulator_mail.patch(f"http://127.0.0.1:{os.environ['GATEWAY_PORT']}")
    judge, invoke, serve = iam_evaluator.enforce, lambda_runtime.ProvidedWorker.invoke, app.app
    find, resolve = secretsmanager._find_stage_version, iam_evaluator._resolve_condition_key
    name = iam_actions._ses_v2_resource_arn

    def recorded(access_key, action, service, region, resource_arn="*", service_context=None):
        # AWS: sending is asked of the sender's identity and of the configuration set both; of raw content as SendRawEmail.
        # Whether as SendEmail too is not documented, so that a role must have both.
        if isinstance(resource_arn, Both):
            for asked in ("ses:SendEmail", "ses:SendRawEmail"):
                for each in resource_arn.arns:
                    denied = recorded(access_key, asked, service, region, each, service_context)
                    if denied is not None:
                        return denied
            return None
        # AWS: a batch is sent by whoever may send; there is no such action.
        action = "sqs:SendMessage" if action == "sqs:SendMessageBatch" else action
        denied = judge(access_key, action, service, region, resource_arn, service_context)
        principal = iam_evaluator.resolve_principal(access_key or "", ACCOUNT)
        role = re.match(r"arn:aws:sts::\d+:assumed-role/([^/]+)/", getattr(principal, "arn", ""))
        if role:
            # Who is refused by the resource's own policy has the permission all the same.
            refused = denied is not None and getattr(denied, "decision", "") != "Deny"
            call = {"role": role[1], "action": action, "resource": resource_arn, "allowed": not refused}
            calls.write(json.dumps(call) + "\n")
        return denied

    async def addressed(scope, receive, send):
        headers = scope.get("headers", [])
        if scope["type"] == "http" and scope["path"] == certificate[0]:
            return await reply(send, 200, b"application/x-pem-file", certificate[1])
        if scope["type"] == "http" and dict(headers).get(b"host", b"").startswith(b"localhost:"):
            if scope["path"] == MAIL:
                return await show_mail(send)
            (_, _, api), *_ = apigateway._apis.to_dict()
            prefix = f"/_aws/execute-api/{api}/{STAGE}"
            source = (b"x-emulated-source", scope["client"][0].encode())
            scope = {
                **scope,
                "path": prefix + scope["path"],
                "raw_path": prefix.encode() + scope["raw_path"],
                "headers": [*headers, source],
            }
        return await serve(scope, receive, send)

    def mended(worker, event, *arguments, **options):
        return invoke(worker, as_aws(event), *arguments, **options)

    def named(method, path, body, region, account):
        # The emulator asks of `*`.
        if path.endswith("/outbound-emails"):
            mail, ses = json.loads(body), f"arn:aws:ses:{region}:{account}"
            return Both([f"{ses}:identity/{mail['FromEmailAddress']}", f"{ses}:configuration-set/{mail['ConfigurationSetName']}"])
        return name(method, path, body, region, account)

    def resolved(key, context):
        # AWS: the SDKs speak TLS; the emulator is asked over plain HTTP on loopback.
        return "true" if key.lower() == "aws:securetransport" else resolve(key, context)

    def valued(secret, stage):
        version, content = find(secret, stage)
        # AWS: a secret that a template makes without a value has no version until somebody writes one.
        return (version, content) if content and (content["SecretString"] or content["SecretBinary"]) else (None, None)

    iam_evaluator.enforce = recorded
    iam_evaluator._resolve_condition_key = resolved
    iam_actions._ses_v2_resource_arn = named
    secretsmanager._find_stage_version = valued
    lambda_runtime.ProvidedWorker.invoke = mended
    app.app = addressed
    return app


class Both(str):
    """Two resources that a call is asked of, where the emulator knows one."""

    def __new__(cls, arns):
        both = super().__new__(cls, arns[0])
        both.arns = arns
        return both


def as_aws(event):
    """An event of the HTTP API as AWS sends it; others as they are."""
    if isinstance(event, dict) and event.get("version") == "2.0":
        headers = event["headers"]
        # AWS: the address that the request came from.
        event["requestContext"]["http"]["sourceIp"] = headers.pop("x-emulated-source", "127.0.0.1")
        # AWS: cookies are an array of their own and no header.
        cookies = headers.pop("cookie", None)
        if cookies:
            event["cookies"] = cookies.split("; ")
    return event


async def show_mail(send):
    """All mail that SES took, newest first, in the words of the local platform's inbox.

    AWS: what SES takes is in its reader's mailbox. Whoever asks wants the mail that is queued by now; this waits for it, but
    neither for what is queued for later nor for what has failed and comes again in minutes.
    """
    from ministack.services import ses, sqs

    def waiting():
        queues = sqs._queues._data.values()
        return {m["id"] for queue in queues if queue["name"].endswith("-email") for m in queue["messages"] if is_soon(m)}

    def is_soon(message):
        now = time.time()
        # A worker has a mail for a second or two: one that it had longer ago and is hidden has failed.
        received = message["first_receive_at"]
        return message["visible_at"] <= now or (received is not None and now - received < 15)

    queued, deadline = waiting(), time.monotonic() + 60
    while queued & waiting() and time.monotonic() < deadline:
        await asyncio.sleep(0.02)
    sent = ses._sent_emails._data.get((ACCOUNT, REGION, "entries"), [])
    mail = [
        {
            "to": mail["To"][0],
            "subject": mail["Subject"],
            # A message ends its lines with both; its reader sees one.
            "text": mail["BodyText"].replace("\r\n", "\n"),
            "links": re.findall(r"https?://\S+", mail["BodyText"]),
        }
        for mail in reversed(sent)
    ]
    status = 504 if queued & waiting() else 200
    await reply(send, status, b"application/json", json.dumps(mail).encode())


async def reply(send, status, content_type, body):
    """Answers a request of HTTP."""
    await send({"type": "http.response.start", "status": status, "headers": [(b"content-type", content_type)]})
    await send({"type": "http.response.body", "body": body})


def end_with(stream):
    """Ends this process and all that it has started once `stream` ends."""

    def wait():
        stream.read()
        os.killpg(0, signal.SIGKILL)

    threading.Thread(target=wait, daemon=True).start()


def main():
    """Serves until standard input ends."""
    end_with(sys.stdin.buffer)
    with open(sys.argv[1], "a", buffering=1, encoding="utf-8") as calls:
        app = patch(calls)
        sys.argv = sys.argv[:1]
        app.main()


if __name__ == "__main__":
    main()
