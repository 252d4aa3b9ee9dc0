"""Everything in which the emulator's SES and SNS are not AWS's, as far as mail is concerned."""

import asyncio
import base64
import datetime
import json
import os
import signal
import time

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import padding, rsa

# AWS: what an account may send is raised on request. Here it is enough for a suite whose tests all run at once.
RATE = 200.0
CERTIFICATE = "/SimpleNotificationService-emulated.pem"

# What SNS signs, in this order
# (https://docs.aws.amazon.com/sns/latest/dg/sns-verify-signature-of-message-verify-message-signature.html).
SIGNED = ("Message", "MessageId", "Subject", "Timestamp", "TopicArn", "Type")


class Signer:
    """SNS signs what it delivers. AWS: with a certificate that it serves; the emulator writes `FAKE`."""

    def __init__(self, endpoint):
        self.url = endpoint + CERTIFICATE
        self.key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
        name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "sns.amazonaws.com")])
        now = datetime.datetime.now(datetime.timezone.utc)
        certificate = (
            x509.CertificateBuilder()
            .subject_name(name)
            .issuer_name(name)
            .public_key(self.key.public_key())
            .serial_number(x509.random_serial_number())
            .not_valid_before(now - datetime.timedelta(days=1))
            .not_valid_after(now + datetime.timedelta(days=1))
            .add_extension(x509.SubjectAlternativeName([x509.DNSName("sns.amazonaws.com")]), critical=False)
            .sign(self.key, hashes.SHA256())
        )
        self.pem = certificate.public_bytes(serialization.Encoding.PEM)

    def sign(self, envelope):
        """An envelope with a signature that can be verified."""
        envelope = json.loads(envelope)
        text = "".join(f"{name}\n{envelope[name]}\n" for name in SIGNED if name in envelope)
        signature = self.key.sign(text.encode(), padding.PKCS1v15(), hashes.SHA256())
        envelope.update(SignatureVersion="2", Signature=base64.b64encode(signature).decode(), SigningCertURL=self.url)
        return json.dumps(envelope)


def patch(endpoint):
    """Mends SES and SNS in the emulator's own process; returns the certificate's path and text."""
    from ministack.core import lambda_runtime
    from ministack.services import ses, ses_v2, sns

    signer, enclose, answer = Signer(endpoint), sns._build_envelope, ses_v2.handle_request
    seen = set()

    def enclosed(topic_arn, msg_id, message, subject, message_attributes, raw):
        envelope = enclose(topic_arn, msg_id, message, subject, message_attributes, raw)
        return envelope if raw else signer.sign(envelope)

    async def mended(method, path, headers, body, query_params):
        if path.endswith("/outbound-emails") and method == "POST":
            return await send(json.loads(body), lambda: answer(method, path, headers, body, query_params))
        status, reply_headers, reply = await answer(method, path, headers, body, query_params)
        if path.endswith("/v2/email/account") and method == "GET":
            account = json.loads(reply)
            account["SendQuota"]["MaxSendRate"] = RATE
            reply = json.dumps(account).encode()
        return status, reply_headers, reply

    async def send(mail, proceed):
        to = mail["Destination"]["ToAddresses"][0]
        first = to not in seen
        seen.add(to)
        if first and to.startswith("throttled-"):
            return ses_v2._json_err("TooManyRequestsException", "Maximum sending rate exceeded.", 429)
        if first and to.startswith("killed-"):
            # A worker that dies while SES has not taken its mail.
            for worker in [w for workers in lambda_runtime._workers.values() for w in workers]:
                if worker.func_name.endswith("email-worker") and worker._proc:
                    os.kill(worker._proc.pid, signal.SIGKILL)
            await asyncio.sleep(1)
            return ses_v2._json_err("InternalServiceErrorException", "Nobody is listening.", 500)
        status, headers, reply = await proceed()
        if status == 200 and mail.get("ConfigurationSetName"):
            publish(mail, json.loads(reply)["MessageId"], to)
        return status, headers, reply

    def publish(mail, message_id, to):
        """Tells what became of a mail. AWS: a configuration set's destinations hear of it; the emulator keeps them only."""
        local, _, domain = to.partition("@")
        outcomes = (("Delivery", None),)
        if domain == ses._SIMULATOR_DOMAIN:
            outcomes = ses._SIMULATOR_OUTCOMES.get(local.split("+")[0], outcomes)
        now = time.strftime("%Y-%m-%dT%H:%M:%S.000Z", time.gmtime())
        details = {
            "timestamp": now,
            "messageId": message_id,
            "source": mail["FromEmailAddress"],
            "destination": [to],
            "tags": {tag["Name"]: [tag["Value"]] for tag in mail.get("EmailTags", [])},
        }
        destinations = ses_v2._config_sets[mail["ConfigurationSetName"]].get("EventDestinations", {}).values()
        for kind, subtype in (("Send", None), *outcomes):
            event = {"eventType": kind, "mail": details}
            event |= {"send": {}} if kind == "Send" else ses._notification_detail(kind, to, now, subtype)
            for destination in destinations:
                if kind.upper() in destination["MatchingEventTypes"]:
                    sns.publish_internal(
                        destination["SnsDestination"]["TopicArn"],
                        json.dumps(event),
                        "Amazon SES Email Event Notification",
                    )

    sns._build_envelope = enclosed
    ses_v2.handle_request = mended
    return CERTIFICATE, signer.pem
