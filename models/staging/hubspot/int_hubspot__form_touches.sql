with

submissions as (

    select * from {{ ref('stg_hubspot__contact_form_submission') }}

),

forms as (

    select * from {{ ref('stg_hubspot__form') }}

),

final as (

    select
        submissions.partner_id,
        submissions.feed_id,
        submissions.delivered_at,
        'form:' || submissions.form_submission_id as source_touch_id,
        submissions.contact_id as source_person_id,
        submissions.email_key_lower_trim,
        submissions.email_key_google,
        submissions.email_key_delivered,
        submissions.email_domain,
        submissions.submitted_at as touched_at,
        coalesce(submissions.form_title, forms.form_name) as asset_raw,
        submissions.page_url as url

    from submissions

    left join forms
        on
            submissions.feed_id = forms.feed_id
            and submissions.form_id = forms.form_id

)

select * from final
