"""From template.yaml to a deployed stack: translate, package, create."""

import io
import json
import zipfile
from pathlib import Path
from types import SimpleNamespace

import boto3
from botocore.exceptions import ClientError
from samtranslator.translator.transform import transform
from samtranslator.yaml_helper import yaml_parse
from yaml import YAMLError

ROOT = Path(__file__).resolve().parents[2]


class Failure(Exception):
    """What went wrong, in one line that says what to do."""


def translate(template, bucket="bucket", keys=None):
    """The template after SAM's transform, with the code of each function at `keys[CodeUri]` of a bucket."""
    for resource in template["Resources"].values():
        if resource["Type"] == "AWS::Serverless::Function":
            folder = resource["Properties"]["CodeUri"]
            resource["Properties"]["CodeUri"] = f"s3://{bucket}/{(keys or {}).get(folder, 'key')}"
        if resource["Type"] == "AWS::CloudFormation::Stack":
            resource["Properties"]["TemplateURL"] = f"https://{bucket}.s3.amazonaws.com/key"
    # CloudFormation hands lists to a transform as lists; the translator alone would leave one string.
    lists = {
        name: parameter["Default"].split(",")
        for name, parameter in template["Parameters"].items()
        if parameter["Type"] == "CommaDelimitedList"
    }
    try:
        return transform(template, lists, SimpleNamespace(load=dict))
    except Exception as error:  # the translator's errors share no class
        raise Failure(f"template.yaml can't be translated: {' '.join(str(error).split())}") from error


def read():
    """template.yaml as it is written."""
    try:
        return yaml_parse((ROOT / "template.yaml").read_text(encoding="utf-8"))
    except YAMLError as error:
        raise Failure(f"template.yaml is no YAML: {' '.join(str(error).split())}") from error


def package(template, s3, bucket):
    """Uploads the binaries as `sam package` does, and says under which key each is."""
    s3.create_bucket(Bucket=bucket)
    keys = {}
    for resource in template["Resources"].values():
        if resource["Type"] != "AWS::Serverless::Function":
            continue
        folder = resource["Properties"]["CodeUri"]
        binary = ROOT / folder / "bootstrap"
        if not binary.is_file():
            raise Failure(f"{binary.relative_to(ROOT)} is not there: build it first, without --no-build")
        keys[folder] = folder.strip("/").replace("/", "-") + ".zip"
        s3.put_object(Bucket=bucket, Key=keys[folder], Body=zipped(binary))
    return keys


def zipped(binary):
    """A deployment package: the binary as `bootstrap`, executable."""
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w", zipfile.ZIP_STORED) as package:
        entry = zipfile.ZipInfo("bootstrap")
        entry.external_attr = 0o755 << 16
        package.writestr(entry, binary.read_bytes())
    return content.getvalue()


def deploy(session, name, template, parameters, adapt):
    """Creates the stack; returns the template as deployed and the names of its resources."""
    s3, cloudformation = session.client("s3"), session.client("cloudformation")
    bucket = f"{name}-packages"
    keys = package(template, s3, bucket)
    translated = adapt(translate(template, bucket, keys))
    s3.put_object(Bucket=bucket, Key="template.json", Body=json.dumps(translated).encode())
    url = s3.generate_presigned_url("get_object", {"Bucket": bucket, "Key": "template.json"}).split("?")[0]
    try:
        cloudformation.create_stack(
            StackName=name,
            TemplateURL=url,
            Parameters=[{"ParameterKey": key, "ParameterValue": value} for key, value in parameters.items()],
            Capabilities=["CAPABILITY_IAM", "CAPABILITY_AUTO_EXPAND"],
        )
        cloudformation.get_waiter("stack_create_complete").wait(
            StackName=name, WaiterConfig={"Delay": 1, "MaxAttempts": 120}
        )
    except Exception as error:
        raise Failure(f"the stack can't be created: {reason(cloudformation, name) or error}") from error
    pages = cloudformation.get_paginator("list_stack_resources").paginate(StackName=name)
    summaries = [summary for page in pages for summary in page["StackResourceSummaries"]]
    resources = {summary["LogicalResourceId"]: summary["PhysicalResourceId"] for summary in summaries}
    return translated, resources


def reason(cloudformation, name):
    """Why the creation of a stack failed: the first event that says so."""
    try:
        events = cloudformation.describe_stack_events(StackName=name)["StackEvents"]
    except ClientError:
        return None
    failed = [event for event in events if event["ResourceStatus"].endswith("FAILED")]
    return failed and f"{failed[-1]['LogicalResourceId']}: {failed[-1].get('ResourceStatusReason', '?')}"


def session(endpoint, region):
    """A session whose clients speak to `endpoint`."""
    made = boto3.Session(aws_access_key_id="test", aws_secret_access_key="test", region_name=region)
    client = made.client
    made.client = lambda service: client(service, endpoint_url=endpoint)
    return made
