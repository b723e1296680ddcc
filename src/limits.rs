//! Limits: every bound that the gateway puts on anything, written once.
//!
//! A limit is a plain number with its unit in its name. Modules take the numbers they need; none has a bound of its own.

/// All limits of one running gateway. `Default` holds the figures that documentation and tests speak of.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Bytes of a request body, and of a `GET` query string.
    pub request_bytes_max: usize,
    /// Tokens of a GraphQL document.
    pub document_tokens_max: usize,
    /// Depth of nesting in a GraphQL document: selection sets, lists, objects, types.
    pub document_depth_max: usize,
    /// Depth of nesting in the JSON of a request.
    pub variables_depth_max: usize,
    /// Selections of an operation after its fragments are expanded, counted once a concrete type.
    pub selections_max: usize,
    /// Values in the answer to `__schema` and `__type`, by estimate. The query that tools send asks for about 100 a field.
    pub introspection_values_max: usize,
    /// Errors reported for one document or one response; further ones are counted, not listed.
    pub errors_max: usize,
    /// Keys that one operation may ask one source for at one place of the plan.
    pub keys_max: usize,
    /// Bytes of a key that is sent as a part of an address. No source has a record by a longer one.
    pub key_bytes_max: usize,
    /// Bytes of the token that leads to the next page of an answer.
    pub page_token_bytes_max: usize,
    /// Bytes of one answer of a source, all its pages together, after decompression.
    pub answer_bytes_max: usize,
    /// Bytes for each byte of a compressed answer, after decompression.
    pub answer_ratio_max: usize,
    /// Bytes that a compressed answer may have whatever came.
    pub answer_small_bytes: usize,
    /// Levels of lists and objects in an answer of a source.
    pub answer_depth_max: usize,
    /// Milliseconds of a request's time that are kept for writing the answer: no source is waited for until the very end.
    pub answer_margin_ms: u64,
    /// Records of one answer of a source, on all its pages.
    pub records_max: usize,
    /// Rows of a store among which one page, or one list with a limit, is looked for where some may not be shown.
    pub page_rows_max: usize,
    /// Cells of one answer of a source, 16 bytes each: columns, objects and elements of lists.
    pub cells_max: usize,
    /// Bytes of records of agencies that are kept for others to see; 0: none are.
    pub cache_bytes_max: u64,
    /// Bytes of what is kept for one key in common with other gateways; longer ones are not.
    pub shared_value_bytes_max: usize,
    /// Milliseconds for which it is believed that there was nothing, at the most.
    pub absent_kept_ms_max: u64,
    /// Milliseconds after which nothing that is kept is believed, where it is not known what was purged meanwhile.
    pub purges_unseen_ms_max: u64,
    /// Milliseconds after which it is asked again what was purged.
    pub purges_pause_ms: u64,
    /// Bytes of a response.
    pub response_bytes_max: usize,
    /// Milliseconds an operation may take from arrival to the last byte written.
    pub request_ms_max: u64,
    /// Operations answered at the same time.
    pub operations_max: usize,
    /// Operations that wait for a place among them.
    pub operations_waiting_max: usize,
    /// Milliseconds that one waits for it.
    pub operations_wait_ms_max: u64,
    /// Parsed documents kept.
    pub documents_kept: u64,
    /// Bytes of parsed documents kept, about; as many of what they ask, flattened, and of answers to introspection.
    pub documents_bytes_kept: u64,
    /// Plans kept.
    pub plans_kept: u64,
    /// Bytes of plans kept, about.
    pub plans_bytes_kept: u64,
    /// Connections served at the same time.
    pub connections_max: usize,
    /// Milliseconds a client may take to send its headers, and as much again for the body.
    pub client_ms_max: u64,
    /// Bytes of a refused body that are taken nevertheless, so that a client which sends first and reads then reads why.
    pub rest_bytes_max: usize,
    /// Milliseconds for that.
    pub rest_ms_max: u64,
    /// Milliseconds a client may take to read a response, once it is behind.
    pub reading_ms_max: u64,
    /// Bytes of a token.
    pub token_bytes_max: usize,
    /// Bytes of tokens kept after their signature was found good.
    pub tokens_bytes_kept: u64,
    /// Bytes of one claim that becomes part of a caller, and of a key's id.
    pub claim_bytes_max: usize,
    /// Roles of one caller.
    pub roles_max: usize,
    /// Seconds by which a clock of an identity provider may differ.
    pub leeway_s: u64,
    /// Bytes of the reason that a request states.
    pub reason_bytes_max: usize,
    /// Bytes of a purpose, a case reference, and a name on whose behalf one asks.
    pub reference_bytes_max: usize,
    /// Bytes of an answer of an identity provider.
    pub provider_bytes_max: usize,
    /// Keys of one identity provider.
    pub provider_keys_max: usize,
    /// Milliseconds that an identity provider may take.
    pub provider_ms_max: u64,
    /// Seconds after which an identity provider's keys are asked for again.
    pub keys_fresh_s: u64,
    /// Seconds after which keys are no longer believed in, where their provider can't be asked.
    pub keys_kept_s: u64,
    /// Milliseconds between two questions to one identity provider, at least.
    pub keys_pause_ms_min: u64,
    /// Milliseconds a request waits for a key that is not known yet.
    pub keys_wait_ms_max: u64,
    /// Requests that wait for keys of one identity provider at the same time.
    pub keys_waiting_max: usize,
    /// Refusals a second to those who proved nothing that have ledger entries of their own.
    pub strangers_s_max: u32,
    /// Requests a minute from one address without a token, unless the configuration says otherwise.
    pub public_address_m_max: u32,
    /// Requests a second from all of those together, unless the configuration says otherwise.
    pub public_all_s_max: u32,
    /// Addresses that are counted at the same time.
    pub public_addresses_kept: usize,
    /// Seconds that an emergency stands.
    pub emergency_stands_s: i64,
    /// Seconds within which a second person approves it, where one is asked first.
    pub emergency_approve_s: i64,
    /// Seconds after which its review is overdue.
    pub emergency_review_s: i64,
    /// Emergencies that are known of; those that are done with make room for new ones.
    pub emergencies_kept: usize,
    /// Emergencies of one person that stand, or wait to be approved.
    pub emergencies_own_max: usize,
    /// Bytes of one record of the ledger.
    pub ledger_record_bytes_max: usize,
    /// Records that wait to be written to the ledger at the same time.
    pub ledger_waiting_max: usize,
    /// Bytes of them.
    pub ledger_waiting_bytes_max: usize,
    /// Bytes of one file of the ledger, about.
    pub ledger_segment_bytes: u64,
    /// Bytes of the ledger that a start reads whole. Of a longer one it reads what the last checkpoint does not speak of, and the rest behind
    /// the first answers.
    pub ledger_start_bytes_max: u64,
    /// Records of the ledger without a checkpoint, about.
    pub ledger_checkpoint_records: u64,
    /// Milliseconds that a record of the ledger is without a checkpoint, about.
    pub ledger_checkpoint_ms: u64,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            request_bytes_max: 256 * 1024,
            document_tokens_max: 5_000,
            document_depth_max: 64,
            variables_depth_max: 32,
            selections_max: 10_000,
            introspection_values_max: 500_000,
            errors_max: 100,
            keys_max: 10_000,
            key_bytes_max: 1_024,
            page_token_bytes_max: 4 * 1024,
            answer_bytes_max: 16 * 1024 * 1024,
            answer_ratio_max: 100,
            answer_small_bytes: 1024 * 1024,
            answer_depth_max: 64,
            answer_margin_ms: 100,
            records_max: 100_000,
            page_rows_max: 10_000,
            cells_max: 4_000_000,
            cache_bytes_max: 128 * 1024 * 1024,
            shared_value_bytes_max: 256 * 1024,
            absent_kept_ms_max: 5_000,
            purges_unseen_ms_max: 900,
            purges_pause_ms: 200,
            response_bytes_max: 32 * 1024 * 1024,
            request_ms_max: 10_000,
            operations_max: 512,
            operations_waiting_max: 512,
            operations_wait_ms_max: 500,
            documents_kept: 1_000,
            documents_bytes_kept: 64 * 1024 * 1024,
            plans_kept: 1_000,
            plans_bytes_kept: 64 * 1024 * 1024,
            connections_max: 4_096,
            client_ms_max: 10_000,
            rest_bytes_max: 4 * 1024 * 1024,
            rest_ms_max: 1_000,
            reading_ms_max: 30_000,
            token_bytes_max: 8 * 1024,
            tokens_bytes_kept: 16 * 1024 * 1024,
            claim_bytes_max: 256,
            roles_max: 32,
            leeway_s: 30,
            reason_bytes_max: 1_000,
            reference_bytes_max: 200,
            provider_bytes_max: 256 * 1024,
            provider_keys_max: 64,
            provider_ms_max: 5_000,
            keys_fresh_s: 300,
            keys_kept_s: 86_400,
            keys_pause_ms_min: 1_000,
            keys_wait_ms_max: 5_000,
            keys_waiting_max: 256,
            strangers_s_max: 10,
            public_address_m_max: 120,
            public_all_s_max: 20,
            public_addresses_kept: 10_000,
            emergency_stands_s: 30 * 60,
            emergency_approve_s: 60 * 60,
            emergency_review_s: 24 * 60 * 60,
            emergencies_kept: 10_000,
            emergencies_own_max: 3,
            ledger_record_bytes_max: 16 * 1024 * 1024,
            ledger_waiting_max: 4_096,
            ledger_waiting_bytes_max: 64 * 1024 * 1024,
            ledger_segment_bytes: 64 * 1024 * 1024,
            ledger_start_bytes_max: 256 * 1024 * 1024,
            ledger_checkpoint_records: 1_000,
            ledger_checkpoint_ms: 1_000,
        }
    }
}
