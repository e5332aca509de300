with

daily_costs as (

    select * from {{ ref('int_google_ads__daily_costs') }}

),

-- Cut each history to its latest version before any join, or every version repeats the cost.
{% for setting in ['account', 'campaign', 'ad_group', 'ad'] -%}
    {{ setting }}_versions as (

        select
            *,
            row_number() over (
                partition by feed_id, {{ setting }}_id
                order by case when coalesce(is_active, true) then 0 else 1 end, updated_at desc
            ) as version_rank

        from {{ ref('stg_google_ads__' ~ setting ~ '_history') }}

    ),

    {{ setting }}s as (

        select * from {{ setting }}_versions
        where version_rank = 1

    ),

{% endfor %}
final as (

    select
        daily_costs.*,
        accounts.currency,
        campaigns.campaign_name,
        campaigns.channel_type,
        coalesce(ads.ad_name, ad_groups.ad_group_name) as ad_name,
        -- The ad's own link, or the campaign's template that Google appends to it.
        case
            when {{ regex_matches('ads.final_url', "'[?&]utm_[a-z]+='") }} then ads.final_url
            else campaigns.tracking_url_template
        end as tagged_url

    from daily_costs

    left join accounts
        on
            daily_costs.feed_id = accounts.feed_id
            and daily_costs.account_id = accounts.account_id

    left join campaigns
        on
            daily_costs.feed_id = campaigns.feed_id
            and daily_costs.campaign_id = campaigns.campaign_id

    left join ad_groups
        on
            daily_costs.feed_id = ad_groups.feed_id
            and daily_costs.ad_group_id = ad_groups.ad_group_id

    left join ads
        on
            daily_costs.feed_id = ads.feed_id
            and daily_costs.ad_id = ads.ad_id

)

select * from final
