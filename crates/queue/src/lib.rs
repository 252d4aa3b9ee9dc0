//! The e-mail queue: jobs for the e-mail worker, over SQS.
