with

responses as (

    select * from {{ ref('stg_dynamics365__campaignresponse') }}

    where not is_deleted and not is_cancelled

),

labels as (

    select * from {{ ref('int_dynamics365__labels') }}

    where table_name = 'campaignresponse'

),

-- Without the labels, the four and six choices that every organisation starts with.
labelled as (

    select
        responses.*,
        lower(trim(coalesce(
            response_labels.label,
            case responses.response_code
                when 1 then 'interested'
                when 2 then 'not interested'
                when 3 then 'do not send marketing materials'
                when 4 then 'error'
            end,
            ''
        ))) as response_label,
        lower(trim(coalesce(
            channel_labels.label,
            case responses.channel_code
                when 1 then 'email'
                when 2 then 'phone'
                when 3 then 'fax'
                when 4 then 'letter'
                when 5 then 'appointment'
            end,
            ''
        ))) as channel_label

    from responses

    left join labels as response_labels
        on
            responses.feed_id = response_labels.feed_id
            and responses.response_code = response_labels.code
            and response_labels.column_name = 'responsecode'

    left join labels as channel_labels
        on
            responses.feed_id = channel_labels.feed_id
            and responses.channel_code = channel_labels.code
            and channel_labels.column_name = 'channeltypecode'

),

-- Somebody who declines, opts out or was recorded in error took no part.
final as (

    select * from labelled

    where not {{ regex_matches('response_label', "'not interested|do not|opt[ -]?out|unsubscri|^error'") }}

)

select * from final
